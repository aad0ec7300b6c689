namespace OrleansChat.Protocol.Json;

/// <summary>Writes the limits in <c>welcome</c>.</summary>
internal static class LimitFields
{
    public static void Write(JsonLineWriter line, ProtocolLimits limits)
    {
        line.Add(Field.FrameBytes, limits.FrameBytes);
        line.Add(Field.TextCharacters, limits.TextCharacters);
        line.Add(Field.TextBytes, limits.TextBytes);
        line.Add(Field.MetaBytes, limits.MetaBytes);
        line.Add(Field.RoomsPerConnection, limits.RoomsPerConnection);
        line.Add(Field.CommandsPerFrame, limits.CommandsPerFrame);
        line.Add(Field.SendsPerSecond, limits.SendsPerSecond);
        line.Add(Field.SendBurst, limits.SendBurst);
        line.Add(Field.ConnectionsPerUser, limits.ConnectionsPerUser);
        line.Add(Field.HistoryEvents, limits.HistoryEvents);
        line.Add(Field.ReplayEvents, limits.ReplayEvents);
    }
}
