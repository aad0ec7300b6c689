namespace OrleansChat.Protocol.Json;

/// <summary>Writes and reads the limits in <c>welcome</c>.</summary>
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

    /// <summary>Reads the limits. A limit that is missing gets its default.</summary>
    public static ProtocolLimits Read(ref FieldReader fields)
    {
        var otherwise = new ProtocolLimits();
        return new ProtocolLimits
        {
            FrameBytes = Read(ref fields, Field.FrameBytes, otherwise.FrameBytes),
            TextCharacters = Read(ref fields, Field.TextCharacters, otherwise.TextCharacters),
            TextBytes = Read(ref fields, Field.TextBytes, otherwise.TextBytes),
            MetaBytes = Read(ref fields, Field.MetaBytes, otherwise.MetaBytes),
            RoomsPerConnection = Read(ref fields, Field.RoomsPerConnection, otherwise.RoomsPerConnection),
            CommandsPerFrame = Read(ref fields, Field.CommandsPerFrame, otherwise.CommandsPerFrame),
            SendsPerSecond = Read(ref fields, Field.SendsPerSecond, otherwise.SendsPerSecond),
            SendBurst = Read(ref fields, Field.SendBurst, otherwise.SendBurst),
            ConnectionsPerUser = Read(ref fields, Field.ConnectionsPerUser, otherwise.ConnectionsPerUser),
            HistoryEvents = Read(ref fields, Field.HistoryEvents, otherwise.HistoryEvents),
            ReplayEvents = Read(ref fields, Field.ReplayEvents, otherwise.ReplayEvents),
        };
    }

    private static int Read(ref FieldReader fields, Field field, int otherwise) => (int)(fields.Number(field) ?? otherwise);
}
