using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// A group with an owner, a moderator, a muted member, another member and a banned user. Commands that name a user,
/// such as <c>kick owner</c>, name one of these users or an outsider. New connections use the two gateways alternately.
/// </summary>
internal sealed class RightsRoom : IAsyncDisposable
{
    private readonly ProcessTestCluster _cluster;
    private readonly List<JsonClient> _others = [];
    private int _people;
    private long _ofOwner;
    private long _ofModerator;
    private long _ofMember;
    private long _linkOfModerator;

    private RightsRoom(ProcessTestCluster cluster, JsonClient owner, string name, bool isPrivate)
        => (_cluster, Owner, Name, IsPrivate) = (cluster, owner, name, isPrivate);

    public JsonClient Owner { get; }

    public string Name { get; }

    private bool IsPrivate { get; }

    private JsonClient Moderator => _others[0];

    private JsonClient Muted => _others[1];

    private JsonClient Member => _others[2];

    /// <summary>The name of the banned user, who never connects.</summary>
    private string Banned { get; set; } = "";

    public static async Task<RightsRoom> CreateAsync(ProcessTestCluster cluster, RightsTests.Group kind)
    {
        var owner = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("owner"));
        var create = owner.Command(kind == RightsTests.Group.Private ? "create" : "join");
        if (kind != RightsTests.Group.Private)
        {
            (create["room"], create["kind"]) = (cluster.Fresh("team"), "group");
        }

        var name = (string)(await owner.AskAsync(create, "joined"))["room"]!;
        var room = new RightsRoom(cluster, owner, name, kind != RightsTests.Group.Public);
        if (kind == RightsTests.Group.NamedPrivate)
        {
            Assert.Equal("ok", await room.TryAsync(owner, "settings"));
        }

        room._ofOwner = (long)(await owner.SendAsync(room.Name, "of the owner"))["seq"]!;
        await room.FillAsync();
        return room;
    }

    /// <summary>Connects a new user who has the given role in the group.</summary>
    public async Task<JsonClient> ActAsAsync(RightsTests.Role role)
    {
        var name = _cluster.Fresh("actor");
        if (role is RightsTests.Role.Outsider or RightsTests.Role.Invited or RightsTests.Role.Banned)
        {
            if (role != RightsTests.Role.Outsider)
            {
                await ChangeAsync(Owner, role == RightsTests.Role.Invited ? "invite" : "ban", name);
            }

            return await JsonClient.ConnectAsync(Port(), name);
        }

        var actor = await JoinAsync(name);
        await (role switch
        {
            RightsTests.Role.Moderator => ChangeAsync(Owner, "role", name, "moderator"),
            RightsTests.Role.Muted => ChangeAsync(Owner, "mute", name),
            _ => Task.CompletedTask,
        });
        return actor;
    }

    /// <summary>
    /// Sends a command of the table in <see cref="RightsTests"/>. Returns <c>ok</c>, or the code of the error.
    /// </summary>
    public async Task<string> TryAsync(JsonClient client, string command, string expected = "ok")
    {
        var answer = command == "mark" && expected == "ok" ? await MarkAsync(client) : await AnswerAsync(client, command);
        return (string?)answer?["code"] ?? "ok";
    }

    /// <summary>
    /// Sends a command of the table in <see cref="RightsTests"/>. Returns the answer without its id. A <c>mark</c> must
    /// be refused, because the gateway does not answer a mark that succeeds.
    /// </summary>
    public async Task<JsonObject> AnswerAsync(JsonClient client, string command, string? room = null)
    {
        room ??= Name;
        var sent = command switch
        {
            "resume" => With(client, "join", room, ("resume", true)),
            "history" or "who" or "members" or "join" => With(client, command, room),
            "thread" => With(client, "history", room, ("thread", _ofOwner)),
            "readers" => With(client, "readers", room, ("ref", _ofOwner)),
            "history pinned" => With(client, "history", room, ("pinned", true)),
            "history changes" => With(client, "history", room, ("changes", true)),
            "pin the conversation" => With(client, "conversation", room, ("pinned", true)),
            "report" => With(client, "report", room, ("ref", _ofMember), ("text", "rude")),
            "reports" => With(client, "reports", room),
            "dismiss" => With(client, "dismiss", room, ("ref", _ofMember)),
            "block" => With(client, "block", room, ("user", "somebody")),
            "follow" => With(client, "conversation", room, ("followed", true)),
            "hide" => With(client, "conversation", room, ("hidden", true)),
            "mark" => Mark(client, room),
            "send" => Send(client, room, "msg", ("text", "hello")),
            "mention everyone" => Send(client, room, "msg", ("text", "hello"), ("mentions", new JsonArray("@everyone"))),
            "mention the owner" => Send(client, room, "msg", ("text", "hello"), ("mentions", new JsonArray(Owner.User))),
            "react" => Send(client, room, "react", ("ref", _ofOwner), ("text", "👍")),
            "pin" or "unpin" => Send(client, room, command, ("ref", _ofOwner)),
            "edit another's" => Send(client, room, "edit", ("ref", client == Owner ? _ofModerator : _ofOwner), ("text", "other")),
            "delete a moderator's" => Send(client, room, "delete", ("ref", _ofModerator)),
            "delete a member's" => Send(client, room, "delete", ("ref", _ofMember)),
            "invite" => Send(client, room, "invite", ("user", _cluster.Fresh("guest"))),
            "title" => Send(client, room, "title", ("text", "Plans")),
            "settings" => Send(client, room, "settings", ("settings", new JsonObject { ["private"] = IsPrivate })),
            "link" => Send(client, room, "link", ("code", new string('a', 26))),
            "unlink a moderator's" => Send(client, room, "unlink", ("ref", _linkOfModerator)),
            "join by a wrong link" => With(client, "join", room, ("link", new string('w', 26))),
            "mute member" => Send(client, room, "mute", ("user", Member.User)),
            "unmute" => Send(client, room, "unmute", ("user", Muted.User)),
            "mute moderator" => Send(client, room, "mute", ("user", Moderator.User)),
            "kick owner" => Send(client, room, "kick", ("user", Owner.User)),
            "role" => Send(client, room, "role", ("user", Member.User), ("role", "moderator")),
            "kick muted" => Send(client, room, "kick", ("user", Muted.User)),
            "ban outsider" => Send(client, room, "ban", ("user", _cluster.Fresh("stranger"))),
            "unban" => Send(client, room, "unban", ("user", Banned)),
            "leave for good" => With(client, "leave", room, ("member", false)),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "not in the table"),
        };
        return Without(await client.AskAsync(sent));
    }

    public async ValueTask DisposeAsync()
    {
        await Owner.DisposeAsync();
        foreach (var other in _others)
        {
            await other.DisposeAsync();
        }
    }

    /// <summary>
    /// Sends a <c>mark</c> that should succeed. Returns the error if it arrives before the answers to two more
    /// commands, otherwise null.
    /// </summary>
    private async Task<JsonObject?> MarkAsync(JsonClient client)
    {
        var refused = client.AskAsync(Mark(client, Name));
        await client.AskAsync(client.Command("ping"), "pong");
        await client.AskAsync(client.Command("conversations"), "conversations");
        return refused.IsCompleted ? Without(await refused) : null;
    }

    private static JsonObject Mark(JsonClient client, string room) => With(client, "mark", room, ("read", 1));

    private static JsonObject Without(JsonObject answer)
    {
        var copy = answer.DeepClone().AsObject();
        copy.Remove("id");
        return copy;
    }

    private static JsonObject With(JsonClient client, string type, string room, params (string Name, JsonNode Value)[] fields)
    {
        var command = client.Command(type);
        command["room"] = room;
        foreach (var (name, value) in fields)
        {
            command[name] = value;
        }

        return command;
    }

    private static JsonObject Send(JsonClient client, string room, string kind, params (string Name, JsonNode Value)[] fields)
        => With(client, "send", room, [("kind", kind), .. fields]);

    private int Port() => ++_people % 2 == 0 ? _cluster.First : _cluster.Second;

    private async Task FillAsync()
    {
        await AddAsync("moderator");
        _ofModerator = (long)(await Moderator.SendAsync(Name, "of the moderator"))["seq"]!;
        _linkOfModerator = (long)(await Moderator.AskAsync(Send(Moderator, Name, "link", ("code", new string('m', 26))), "ok"))["seq"]!;
        await ChangeAsync(Owner, "role", Moderator.User, "moderator");
        await AddAsync("muted");
        await ChangeAsync(Owner, "mute", Muted.User);
        await AddAsync("member");
        _ofMember = (long)(await Member.SendAsync(Name, "of the member"))["seq"]!;
        Banned = _cluster.Fresh("banned");
        await ChangeAsync(Owner, "ban", Banned);
    }

    private async Task AddAsync(string name) => _others.Add(await JoinAsync(_cluster.Fresh(name)));

    private async Task<JsonClient> JoinAsync(string name)
    {
        if (IsPrivate)
        {
            await ChangeAsync(Owner, "invite", name);
        }

        var client = await JsonClient.ConnectAsync(Port(), name);
        await client.AskAsync(With(client, "join", Name), "joined");
        return client;
    }

    private async Task ChangeAsync(JsonClient by, string kind, string user, string? role = null)
        => await by.AskAsync(role is null ? Send(by, Name, kind, ("user", user)) : Send(by, Name, kind, ("user", user), ("role", role)), "ok");
}
