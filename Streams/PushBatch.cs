using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// The events of one publish, in order. The queue, the <see cref="StreamRing"/> and the deliveries to all consumers use
/// the same instance. A batch does not change after the queue has assigned its sequence.
/// </summary>
/// <remarks>
/// Sequences rise within one queue of one silo, and have no meaning elsewhere. Events that need an order across silos
/// must have their own numbers.
/// </remarks>
[GenerateSerializer, Immutable, Alias("chat.streams.batch")]
internal sealed class PushBatch(StreamId streamId, object[] events, Dictionary<string, object>? requestContext) : IBatchContainer
{
    [NonSerialized]
    private EventSequenceTokenV2? _token;

    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    [Id(1)]
    public object[] Events { get; } = events;

    /// <summary>The producer's request context; null if it was empty.</summary>
    [Id(2)]
    public Dictionary<string, object>? Context { get; } = requestContext;

    /// <summary>Assigned by the queue when the agent reads the batch.</summary>
    [Id(3)]
    public long Sequence { get; internal set; }

    public StreamSequenceToken SequenceToken => _token ??= new(Sequence);

    /// <summary>Returns the events of type <typeparamref name="T"/>. Events of other types are left out.</summary>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        for (var index = 0; index < Events.Length; index++)
        {
            if (Events[index] is T item)
            {
                yield return Tuple.Create<T, StreamSequenceToken>(item, new EventSequenceTokenV2(Sequence, index));
            }
        }
    }

    public bool ImportRequestContext()
    {
        if (Context is null)
        {
            return false;
        }

        RequestContextExtensions.Import(Context);
        return true;
    }
}
