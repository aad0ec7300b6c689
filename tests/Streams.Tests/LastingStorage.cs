using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;

namespace OrleansChat.Streams.Tests;

/// <summary>Grain storage that outlives the silos of a test, as a database would.</summary>
internal sealed class LastingStorage
{
    private readonly ConcurrentDictionary<(string, GrainId), (byte[] State, string ETag)> _rows = new();

    private Task _writable = Task.CompletedTask;

    /// <summary>Delays every write until the task ends, as a paused database would.</summary>
    public void PauseUntil(Task end) => _writable = end;

    public IGrainStorage On(IServiceProvider silo) => new Connection(this, silo.GetRequiredService<Serializer>());

    private sealed class Connection(LastingStorage storage, Serializer serializer) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var found = storage._rows.TryGetValue((stateName, grainId), out var row);
            grainState.State = found ? serializer.Deserialize<T>(row.State) : Activator.CreateInstance<T>();
            grainState.ETag = found ? row.ETag : null!;
            grainState.RecordExists = found;
            return Task.CompletedTask;
        }

        public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await storage._writable;
            var row = (serializer.SerializeToArray(grainState.State), Guid.NewGuid().ToString());
            var key = (stateName, grainId);
            var written = storage._rows.TryGetValue(key, out var before)
                ? before.ETag == grainState.ETag && storage._rows.TryUpdate(key, row, before)
                : grainState.ETag is null && storage._rows.TryAdd(key, row);
            if (!written)
            {
                throw new InconsistentStateException($"Another activation of {grainId} wrote first.");
            }

            grainState.ETag = row.Item2;
            grainState.RecordExists = true;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            storage._rows.TryRemove((stateName, grainId), out _);
            grainState.State = Activator.CreateInstance<T>();
            grainState.ETag = null!;
            grainState.RecordExists = false;
            return Task.CompletedTask;
        }
    }
}
