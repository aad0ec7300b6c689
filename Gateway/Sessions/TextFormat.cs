using System.Text;
using OrleansChat.Protocol;
using OrleansChat.Protocol.Text;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Text mode: lines for people. Two formats are equal where their options are: a sender's own line differs from another's by the
/// <c>own</c> of <see cref="Encode"/>, so a room's line is written once for everybody else.
/// </summary>
/// <param name="user">Whose pages and answers it writes.</param>
/// <param name="home">The room whose lines need no name.</param>
/// <param name="settings">What the address asked for.</param>
/// <param name="showRoom">True for the format of the other rooms.</param>
internal sealed class TextFormat(string user, string home, TextSettings settings, bool showRoom = false) : IWireFormat, IRoomFormats
{
    /// <inheritdoc/>
    public bool TellsOwn => true;

    /// <inheritdoc/>
    public IWireFormat In(string room) => room == home ? this : new TextFormat(user, home, settings, showRoom: true);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Encode(ServerFrame frame, bool own)
    {
        if (own && !settings.Echo)
        {
            return default;
        }

        var viewer = frame is ChatEvent happened ? (own ? happened.From : "") : user;
        var line = TextLineWriter.Write(frame, new(viewer, showRoom, settings.ShowSeq, settings.Raw));
        return line is null ? default : Encoding.UTF8.GetBytes(line);
    }

    /// <inheritdoc/>
    public bool Equals(IWireFormat? other) => other is TextFormat same && same.Options == Options;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IWireFormat);

    /// <inheritdoc/>
    public override int GetHashCode() => Options.GetHashCode();

    private (bool Echo, bool Seq, bool Raw, bool Room) Options => (settings.Echo, settings.ShowSeq, settings.Raw, showRoom);
}
