using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.MessageLog.Sqlite;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>The query plans of the statements that read replies, readers and mentions.</summary>
public sealed partial class SqliteMessageLogTests
{
    [Fact]
    public async Task Threads_WhenRead_UseTheIndexes()
    {
        Assert.Contains("USING INDEX events_replies (room=? AND reply=?)", await PlanAsync(SqliteThreads.CountReplies), StringComparison.Ordinal);
        foreach (var fromEnd in new[] { false, true })
        {
            var plan = await PlanAsync(SqliteSelections.Read(SelectionKind.Replies, fromEnd));
            Assert.Contains("USING INDEX events_replies (room=? AND reply=? AND seq>? AND seq<?)", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        }

        foreach (var fromEnd in new[] { false, true })
        {
            var changes = await PlanAsync(SqliteSelections.Read(SelectionKind.Changes, fromEnd));
            Assert.Contains("USING INDEX events_changes (room=? AND seq>? AND seq<?)", changes, StringComparison.Ordinal);
            Assert.DoesNotContain("TEMP B-TREE", changes, StringComparison.Ordinal);
            var pins = await PlanAsync(SqliteSelections.Read(SelectionKind.Pins, fromEnd));
            Assert.Contains("SEARCH events USING PRIMARY KEY (room=? AND seq=?)", pins, StringComparison.Ordinal);
        }

        var readers = await PlanAsync(SqliteThreads.ListReaders);
        Assert.Contains("events USING PRIMARY KEY (room=? AND seq=?)", readers, StringComparison.Ordinal);
        Assert.Contains("members USING PRIMARY KEY (room=?)", readers, StringComparison.Ordinal);
        Assert.Contains("marks USING PRIMARY KEY (room=? AND usr=?)", readers, StringComparison.Ordinal);
        Assert.Contains("sent USING COVERING INDEX events_client_id (room=? AND usr=? AND client_id>?)", readers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mentions_WhenCounted_AreReadBeforeTheirEvents()
    {
        foreach (var sql in new[] { UnreadSql.Facts, ConversationSql.List })
        {
            var lines = (await PlanAsync(ConversationSql.ForSqlite(sql))).Split('\n');

            var mentions = Array.IndexOf(lines, "SEARCH n USING PRIMARY KEY (room=? AND usr=? AND seq>?)");
            Assert.True(mentions >= 0, string.Join('\n', lines));
            Assert.Equal("SEARCH u USING PRIMARY KEY (room=? AND seq=?)", lines[mentions + 1]);
        }
    }

    private async Task<string> PlanAsync(string sql)
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = $"explain query plan {sql}";
        for (var i = 1; i <= 5; i++)
        {
            command.Parameters.AddWithValue($"?{i}", 1);
        }

        await using var row = await command.ExecuteReaderAsync(Ct);
        List<string> lines = [];
        while (await row.ReadAsync(Ct))
        {
            lines.Add(row.GetString(3));
        }

        return string.Join('\n', lines);
    }
}
