using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// The events of one publish, in order: what waits in a queue, what a stream keeps, what travels to a consumer. Never changed once it has
/// its sequence, so one instance serves all of them and every consumer.
/// </summary>
/// <remarks>
/// Sequences rise within one queue of one silo and mean nothing beyond it. What must be ordered across silos carries its own numbers.
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

    /// <summary>What the producer had in its request context; null for nothing.</summary>
    [Id(2)]
    public Dictionary<string, object>? Context { get; } = requestContext;

    /// <summary>Given by the queue as the batch leaves it.</summary>
    [Id(3)]
    public long Sequence { get; internal set; }

    public StreamSequenceToken SequenceToken => _token ??= new(Sequence);

    /// <summary>The events of type <typeparamref name="T"/>; others are not for this consumer.</summary>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        for (var index = 0; index < Events.Length; index++)
        {
            if (Events[index] is T item)
                yield return Tuple.Create<T, StreamSequenceToken>(item, new EventSequenceTokenV2(Sequence, index));
        }
    }

    public bool ImportRequestContext()
    {
        if (Context is null)
            return false;

        RequestContextExtensions.Import(Context);
        return true;
    }
}
