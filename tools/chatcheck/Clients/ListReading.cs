using System.Text.Json;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>Reads the counts in <c>joined</c> and in <c>conversations</c>.</summary>
internal static class ListReading
{
    public static CountsSeen ReadJoined(JsonElement joined, int user, int room) => ReadCounts(joined, user, room, CountsSource.Joined);

    /// <summary>Reads an answer to <c>conversations</c>. Rows of rooms that do not belong to the run are a fault.</summary>
    public static ListSeen Read(JsonElement answer, int user, Recorder recorder)
    {
        var (cursor, isReset) = (Json.TextOf(answer, "cursor"), Json.IsTrue(answer, "reset"));
        var (rows, removed, faults) = (new List<CountsSeen>(), new List<int>(), new List<string>());
        var before = long.MaxValue;
        foreach (var row in answer.GetProperty("rooms").EnumerateArray())
        {
            var name = row.GetProperty("room").GetString()!;
            var (room, seq, ts) = (recorder.Events.RoomOf(name), row.GetProperty("seq").GetInt32(), row.GetProperty("ts").GetInt64());
            if (room < 0)
            {
                faults.Add($"got a list with {name}, which is not a room of the user");
                continue;
            }

            if (ts > before)
            {
                faults.Add($"got a list that is not ordered by the newest event: {name} has a newer one than the row before it");
            }

            before = ts;
            if (row.TryGetProperty("last", out var last) && last.GetProperty("seq").GetInt32() is var lastSeq && lastSeq != seq)
            {
                faults.Add($"got a list with {name} at seq {seq}, but its newest event is {lastSeq}");
            }

            var counts = ReadCounts(row, user, room, CountsSource.List);
            rows.Add(last.ValueKind is not JsonValueKind.Object ? counts : counts with
            {
                LastFrom = (short)recorder.NumberOf(last.GetProperty("from").GetString()!),
                LastKind = SentEvents.ParseKind(last.GetProperty("kind").GetString()!) ?? SendKind.Message,
            });
        }

        if (answer.TryGetProperty("removed", out var names))
        {
            removed.AddRange(names.EnumerateArray().Select(name => recorder.Events.RoomOf(name.GetString()!)));
        }

        if (rows.GroupBy(row => row.Room).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            faults.Add($"got a list with {recorder.Rooms[twice.Key]} twice");
        }

        if (rows.FirstOrDefault(row => removed.Contains(row.Room)) is { Seq: > 0 } both)
        {
            faults.Add($"got {recorder.Rooms[both.Room]} both as a row and as removed");
        }

        if (Json.IsTrue(answer, "more"))
        {
            faults.Add($"got a page of {rows.Count} rows with more, although the user has few rooms");
        }

        return new(rows, removed, cursor, isReset, faults.FirstOrDefault());
    }

    private static CountsSeen ReadCounts(JsonElement json, int user, int room, CountsSource source) => new(
        (ushort)user, (ushort)room, json.GetProperty("seq").GetInt32(), json.GetProperty("read").GetInt32(), json.GetProperty("unread").GetInt32(),
        Json.NumberOf(json, "mentions"), Json.IsTrue(json, "unread_more"), source);
}
