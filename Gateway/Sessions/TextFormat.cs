using System.Text;
using OrleansChat.Gateway.Frames;
using OrleansChat.Protocol;
using OrleansChat.Protocol.Text;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Text mode: lines for people. Two formats are equal if their options are equal; their users may differ. For the
/// sender of an event, the line is encoded separately (the parameter <c>own</c> of <see cref="Encode"/>). So all other
/// viewers share one encoding of the event.
/// </summary>
/// <param name="user">The viewer of pages and answers. The lines of events do not depend on this user.</param>
/// <param name="home">
/// The room that the connection was opened for. Lines of this room do not begin with the room's name.
/// </param>
/// <param name="settings">The query parameters of the connection.</param>
/// <param name="showRoom">
/// True if lines begin with the room's name, as in all rooms except <paramref name="home"/>.
/// </param>
internal sealed class TextFormat(string user, string home, TextSettings settings, bool showRoom = false) : IWireFormat, IRoomFormats
{
    /// <inheritdoc/>
    public bool MarksOwn => true;

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
