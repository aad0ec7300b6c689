using System.Text;

namespace OrleansChat.Protocol.Tests;

public sealed class CommandErrorTests
{
    [Theory]
    [InlineData("nonsense", null, "JSON")]
    [InlineData("[]", null, "object")]
    [InlineData("7", null, "object")]
    [InlineData("{}", null, "t is missing")]
    [InlineData("""{"t":null,"id":"1"}""", "1", "t is missing")]
    [InlineData("""{"t":7,"id":"1"}""", "1", "t must be a string")]
    [InlineData("""{"id":"1","t":"ping" """, "1", "byte")]
    [InlineData("""{"id":"1","t":"ping"} {}""", "1", "byte")]
    [InlineData("""{"id":"1","t":"ping",}""", "1", "byte")]
    [InlineData("""{"id":7,"t":"ping"}""", null, "id must be a string")]
    [InlineData("""{"id":"","t":"ping"}""", null, "id is empty")]
    [InlineData("""{"id":"\u0000","t":"ping"}""", null, "id contains U+0000")]
    [InlineData("""{"id":"1","t":"hello","token":7}""", "1", "token must be a string")]
    [InlineData("""{"id":"1","t":"hello","device":[]}""", "1", "device must be a string")]
    [InlineData("""{"id":"1","t":"hello","rooms":[]}""", "1", "rooms must be an object")]
    [InlineData("""{"id":"1","t":"hello","rooms":{"A":{"seq":1}}}""", "1", "rooms: a room is 1 to 64")]
    [InlineData("""{"id":"1","t":"hello","rooms":{"\ud800":{"seq":1}}}""", "1", "rooms: a room is 1 to 64")]
    [InlineData("""{"id":"1","t":"hello","rooms":{"a":7}}""", "1", "rooms, a: not a JSON object")]
    [InlineData("""{"id":"1","t":"hello","rooms":{"a":{}}}""", "1", "rooms, a: seq is missing")]
    [InlineData("""{"id":"1","t":"hello","rooms":{"a":{"seq":-1}}}""", "1", "rooms, a: seq must be a whole number from 0")]
    [InlineData("""{"id":"1","t":"hello","rooms":{"a":{"seq":1,"epoch":2}}}""", "1", "rooms, a: epoch must be a string")]
    [InlineData("""{"id":"1","t":"join"}""", "1", "room is missing")]
    [InlineData("""{"id":"1","t":"join","room":7}""", "1", "room must be a string")]
    [InlineData("""{"id":"1","t":"join","room":"A room"}""", "1", "a room is 1 to 64")]
    [InlineData("""{"id":"1","t":"join","room":"a","after":1,"last":1}""", "1", "after and last")]
    [InlineData("""{"id":"1","t":"join","room":"a","after":-1}""", "1", "after must be a whole number from 0")]
    [InlineData("""{"id":"1","t":"join","room":"a","after":1.5}""", "1", "after must be a whole number")]
    [InlineData("""{"id":"1","t":"join","room":"a","after":9223372036854775808}""", "1", "after must be a whole number")]
    [InlineData("""{"id":"1","t":"join","room":"a","last":0}""", "1", "last must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"join","room":"a","kind":"direct"}""", "1", "kind must be channel or group")]
    [InlineData("""{"id":"1","t":"leave","room":"a","member":"no"}""", "1", "member must be true or false")]
    [InlineData("""{"id":"1","t":"hello","conversations":0}""", "1", "conversations must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"conversations","before":1,"since":"c"}""", "1", "before and since")]
    [InlineData("""{"id":"1","t":"conversation","pinned":true}""", "1", "room is missing")]
    [InlineData("""{"id":"1","t":"conversation","room":"a"}""", "1", "give at least one of pinned")]
    [InlineData("""{"id":"1","t":"conversation","room":"a","pinned":1}""", "1", "pinned must be true or false")]
    [InlineData("""{"id":"1","t":"conversation","room":"a","muted":-1}""", "1", "muted must be a whole number from 0")]
    [InlineData("""{"t":"send","room":"a","text":"x"}""", null, "id is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a"}""", "1", "text is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":""}""", "1", "text is empty")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"\ud800"}""", "1", "text contains U+0000 or an unpaired surrogate")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"\udc00\ud800"}""", "1", "an unpaired surrogate")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"\u0000"}""", "1", "U+0000")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","ref":5}""", "1", "ref is not allowed in kind msg")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","reply":0}""", "1", "reply must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","kind":"shout"}""", "1", "kind has an unknown value")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","kind":"join"}""", "1", "kind must be msg, edit")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","kind":"edit"}""", "1", "ref is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"","kind":"edit","ref":1}""", "1", "text is empty")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","kind":"edit","ref":0}""", "1", "ref must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","kind":"edit","ref":1,"reply":1}""", "1", "reply is not allowed in kind edit")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"delete"}""", "1", "ref is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"delete","ref":1,"text":"x"}""", "1", "text is not allowed in kind delete")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"react","ref":1}""", "1", "text is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unreact","text":"x"}""", "1", "ref is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","kind":"leave"}""", "1", "kind must be msg, edit")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","kind":"other"}""", "1", "kind must be msg, edit")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","user":"bob"}""", "1", "user is not allowed in kind msg")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","ref":1,"kind":"edit","role":"owner"}""", "1", "role is not allowed in kind edit")]
    [InlineData("""{"id":"1","t":"send","room":"a","ref":1,"kind":"delete","until":5}""", "1", "until is not allowed in kind delete")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":"bob"}""", "1", "mentions must be an array")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":{"bob":1}}""", "1", "mentions must be an array")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":[]}""", "1", "mentions must have 1 to 50 names; leave it out")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["bob",7]}""", "1", "each name in mentions must be a user id")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":[null]}""", "1", "each name in mentions must be a user id")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":[["bob"]]}""", "1", "each name in mentions must be a user id")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":[{"a":"bob"}]}""", "1", "each name in mentions must be a user id")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":[""]}""", "1", "each name in mentions must be a user id")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["@bob"]}""", "1", "without '@' before it, or @everyone")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["@Everyone"]}""", "1", "without '@' before it, or @everyone")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["bob eve"]}""", "1", "without white space")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["bob "]}""", "1", "without white space")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["bob\u00a0eve"]}""", "1", "without white space")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["👨\u200d👩"]}""", "1", "without white space, control characters and invisible characters")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["\u0000"]}""", "1", "each name in mentions must be a user id")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","mentions":["\ud800"]}""", "1", "each name in mentions must be a user id")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","ref":1,"kind":"edit","mentions":["bob"]}""", "1", "mentions is not allowed in kind edit")]
    [InlineData("""{"id":"1","t":"send","room":"a","ref":1,"kind":"delete","mentions":["bob"]}""", "1", "mentions is not allowed in kind delete")]
    [InlineData("""{"id":"1","t":"send","room":"a","ref":1,"text":"x","kind":"react","mentions":["bob"]}""", "1", "mentions is not allowed in kind react")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"invite","user":"bob","mentions":["bob"]}""", "1", "mentions is not allowed in kind invite")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unlink","ref":1,"mentions":["bob"]}""", "1", "mentions is not allowed in kind unlink")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"invite"}""", "1", "user is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"invite","user":"a b"}""", "1", "a user is 1 to 128")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"kick","user":"@bob"}""", "1", "a user is 1 to 128")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"kick","user":"bob","text":"x"}""", "1", "text is not allowed in kind kick")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"kick","user":"bob","until":5}""", "1", "until is not allowed in kind kick")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"ban","user":"bob","until":0}""", "1", "until must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"ban","user":"bob","role":"member"}""", "1", "role is not allowed in kind ban")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unban","user":"bob","ref":1}""", "1", "ref is not allowed in kind unban")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"mute","user":"bob","reply":1}""", "1", "reply is not allowed in kind mute")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unmute","user":"bob","meta":{}}""", "1", "meta is not allowed in kind unmute")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"role","user":"bob"}""", "1", "role is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"role","user":"bob","role":"king"}""", "1", "role has an unknown value")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"role","user":"bob","role":"invited"}""", "1", "role must be owner, moderator or member")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"title"}""", "1", "text is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"title","text":""}""", "1", "text is empty")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"title","text":"a\nb"}""", "1", "text contains a control character")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"title","text":"x","user":"bob"}""", "1", "user is not allowed in kind title")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","settings":{}}""", "1", "settings is not allowed in kind msg")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"title","text":"x","settings":{}}""", "1", "settings is not allowed in kind title")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings"}""", "1", "settings is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":["write"]}""", "1", "settings must be an object")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{},"text":"x"}""", "1", "text is not allowed in kind settings")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{},"user":"bob"}""", "1", "user is not allowed in kind settings")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{},"meta":{}}""", "1", "meta is not allowed in kind settings")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{"private":"yes"}}""", "1", "settings: private must be true or false")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{"members":"write"}}""", "1", "settings: members must be an array")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{"members":["write","fly"]}}""", "1", "settings: \"fly\" of members is no action; the actions are write, react, invite, moderate, manage")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{"members":["an action with a name of more than 32 characters"]}}""", "1", "settings: an entry of members is no action")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{"members":[["write"]]}}""", "1", "settings: an entry of members is no action")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{"moderators":["\ud800"]}}""", "1", "settings: an entry of moderators is no action")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"settings","settings":{"moderators":["write","manage","write"]}}""", "1", "settings: moderators has \"write\" twice")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link"}""", "1", "code is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":7}""", "1", "code must be a string")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"abcdefghijklmnopqrstuvwxy"}""", "1", "write 128 random bits in base32")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"abcdefghijklmnopqrstuvwxy1"}""", "1", "26 to 64 characters of a-z and 2-7")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}""", "1", "26 to 64 characters of a-z and 2-7")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"abcdefghijklmnopqrstuvwxyz","uses":0}""", "1", "uses must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"abcdefghijklmnopqrstuvwxyz","uses":1001}""", "1", "uses must be a whole number from 1 to 1000")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"abcdefghijklmnopqrstuvwxyz","until":0}""", "1", "until must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"abcdefghijklmnopqrstuvwxyz","ref":1}""", "1", "ref is not allowed in kind link")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"abcdefghijklmnopqrstuvwxyz","text":"x"}""", "1", "text is not allowed in kind link")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"link","code":"abcdefghijklmnopqrstuvwxyz","user":"bob"}""", "1", "user is not allowed in kind link")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unlink"}""", "1", "ref is missing")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unlink","ref":1,"meta":{}}""", "1", "meta is not allowed in kind unlink")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unlink","ref":1,"until":5}""", "1", "until is not allowed in kind unlink")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unlink","ref":1,"uses":5}""", "1", "uses is not allowed in kind unlink")]
    [InlineData("""{"id":"1","t":"send","room":"a","kind":"unlink","ref":1,"code":"x"}""", "1", "code is not allowed in kind unlink")]
    [InlineData("""{"id":"1","t":"join","room":"a","link":"abc"}""", "1", "link: a code is 26 to 64 characters")]
    [InlineData("""{"id":"1","t":"join","room":"a","link":"abcdefghijklmnopqrstuvwxyz","resume":true}""", "1", "link and resume cannot be combined")]
    [InlineData("""{"id":"1","t":"create","title":""}""", "1", "title is empty")]
    [InlineData("""{"id":"1","t":"create","title":"\u0085"}""", "1", "title contains a control character")]
    [InlineData("""{"id":"1","t":"create","title":7}""", "1", "title must be a string")]
    [InlineData("""{"id":"1","t":"members"}""", "1", "room is missing")]
    [InlineData("""{"id":"1","t":"members","room":"a","after":7}""", "1", "after must be a string")]
    [InlineData("""{"id":"1","t":"members","room":"a","limit":0}""", "1", "limit must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"join","room":"~aaaaaaaaaaaaaaaaaaaaaaaaa1"}""", "1", "'~' and 26 of a-z and 2-7")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","meta":[]}""", "1", "meta must be an object")]
    [InlineData("""{"id":"1","t":"send","room":"a","text":"x","meta":{"a":"\ud800"}}""", "1", "meta contains")]
    [InlineData("""{"id":"1","t":"mark","room":"a"}""", "1", "read is missing")]
    [InlineData("""{"id":"1","t":"mark","room":"a","read":"7"}""", "1", "read must be a whole number from 0")]
    [InlineData("""{"id":"1","t":"history","room":"a","before":0}""", "1", "before must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"history","room":"a","before":5,"after":1}""", "1", "before, after and around")]
    [InlineData("""{"id":"1","t":"history","room":"a","around":5,"after":1}""", "1", "before, after and around")]
    [InlineData("""{"id":"1","t":"history","room":"a","limit":0}""", "1", "limit must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"history","room":"a","thread":0}""", "1", "thread must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"history","room":"a","thread":-1}""", "1", "thread must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"history","room":"a","thread":"7"}""", "1", "thread must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"history","room":"a","thread":1.5}""", "1", "thread must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"history","room":"a","thread":9223372036854775808}""", "1", "thread must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"history","room":"a","thread":5,"around":1}""", "1", "thread and around cannot be combined")]
    [InlineData("""{"id":"1","t":"history","room":"a","thread":5,"before":5,"after":1}""", "1", "before, after and around")]
    [InlineData("""{"id":"1","t":"block"}""", "1", "user is missing")]
    [InlineData("""{"id":"1","t":"block","user":null}""", "1", "user is missing")]
    [InlineData("""{"id":"1","t":"block","user":7}""", "1", "user must be a string")]
    [InlineData("""{"id":"1","t":"block","user":["bob"]}""", "1", "user must be a string")]
    [InlineData("""{"id":"1","t":"block","user":"@bob"}""", "1", "a user is")]
    [InlineData("""{"id":"1","t":"unblock","user":"b b"}""", "1", "a user is")]
    [InlineData("""{"id":"1","t":"report","ref":1}""", "1", "room is missing")]
    [InlineData("""{"id":"1","t":"report","room":"a"}""", "1", "ref is missing")]
    [InlineData("""{"id":"1","t":"report","room":"a","ref":0}""", "1", "ref must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"report","room":"a","ref":1,"text":7}""", "1", "text must be a string")]
    [InlineData("""{"id":"1","t":"report","room":"a","ref":1,"text":""}""", "1", "text")]
    [InlineData("""{"id":"1","t":"report","room":"a","ref":1,"text":"\u0000"}""", "1", "text")]
    [InlineData("""{"id":"1","t":"report","room":"a","ref":1,"text":"\ud800"}""", "1", "text")]
    [InlineData("""{"id":"1","t":"reports","room":"a","limit":0}""", "1", "limit must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"reports"}""", "1", "room is missing")]
    [InlineData("""{"id":"1","t":"dismiss","room":"a"}""", "1", "ref is missing")]
    [InlineData("""{"id":"1","t":"dismiss","room":"A B","ref":1}""", "1", "a room")]
    [InlineData("""{"id":"1","t":"readers","ref":1}""", "1", "room is missing")]
    [InlineData("""{"id":"1","t":"readers","room":"a"}""", "1", "ref is missing")]
    [InlineData("""{"id":"1","t":"readers","room":"a","ref":null}""", "1", "ref is missing")]
    [InlineData("""{"id":"1","t":"readers","room":"a","ref":0}""", "1", "ref must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"readers","room":"a","ref":[1]}""", "1", "ref must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"readers","room":"a","ref":1e400}""", "1", "ref must be a whole number from 1")]
    [InlineData("""{"id":"1","t":"readers","room":"A B","ref":1}""", "1", "a room")]
    [InlineData("""{"id":"1","t":"auth"}""", "1", "token is missing")]
    [InlineData("""{"id":"1","t":"auth","token":""}""", "1", "token is empty")]
    public void Read_WhenTheCommandIsInvalid_ReturnsABadRequestWithTheCause(string line, string? id, string names)
    {
        var error = Wire.Error(line);

        Assert.Equal(ChatErrorCode.BadRequest, error.Code);
        Assert.Equal(id, error.Id);
        Assert.Null(error.Retry);
        Assert.Contains(names, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(25, false)]
    [InlineData(26, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Link_WhenItsCodeHasALength_IsReadFrom26To64(int length, bool isRead)
    {
        var code = new string('7', length);
        var read = Assert.Single(Wire.Read($$"""{"t":"send","id":"1","room":"a","kind":"link","code":"{{code}}"}"""));

        Assert.Equal(isRead ? code : null, (read.Command as Send)?.Code);
        Assert.DoesNotContain(code, read.Error?.Message ?? "", StringComparison.Ordinal);
        Assert.Equal(isRead, LinkCode.IsValid(code));
        Assert.True(LinkCode.IsValid(LinkCode.New()));
    }

    [Theory]
    [InlineData("""{"t":"dance","id":"1"}""", "1")]
    [InlineData("""{"t":"Ping"}""", null)]
    [InlineData("""{"t":"\ud800","id":"1"}""", "1")]
    [InlineData("""{"t":"a type that is much longer than every type that the server knows","id":"1"}""", "1")]
    public void Read_WhenTheTypeIsUnknown_ReturnsAnErrorWithTheId(string line, string? id) =>
        Assert.Equal(new Err(id, ChatErrorCode.UnknownType, "t has an unknown value", null), Wire.Error(line));

    [Theory]
    [InlineData("""{"t":"ping","id":"*"}""")]
    [InlineData("""{"t":"ping","x":"*"}""")]
    [InlineData("""{"t":"ping","*":1}""")]
    [InlineData("""{"t":"send","id":"1","room":"a","text":"x","meta":{"a":"*"}}""")]
    public void Read_WhenTheLineIsNotUtf8_ReturnsABadRequest(string template)
    {
        var line = Encoding.ASCII.GetBytes(template);
        line[Array.IndexOf(line, (byte)'*')] = 0xFF;

        Assert.Equal(new Err(null, ChatErrorCode.BadRequest, "not UTF-8", null), Assert.Single(Wire.Read(line)).Error);
    }

    [Theory]
    [InlineData("""\ud83d\ude00""", true)]
    [InlineData("""\uD83D\uDE00""", true)]
    [InlineData("""\\ud83d""", true)]
    [InlineData("""\\\"\n\u00e9""", true)]
    [InlineData("""\ud83d""", false)]
    [InlineData("""\ud83dx""", false)]
    [InlineData("""\ud83d\n""", false)]
    [InlineData("""\ud83d\u0041""", false)]
    [InlineData("""\ud83d\ud83d\ude00""", false)]
    [InlineData("""\ude00""", false)]
    [InlineData("""\\\ude00""", false)]
    [InlineData("""\ud83d\ude00\ude00""", false)]
    [InlineData("""\ud83d😀""", false)]
    public void Read_WhenSurrogatesAreEscaped_AcceptsOnlyPairs(string text, bool isFine)
    {
        var parsed = Assert.Single(Wire.Read($$"""{"t":"send","id":"1","room":"a","text":"{{text}}"}"""));

        Assert.Equal(isFine, parsed.Command is not null);
    }

    [Fact]
    public void Read_WhenNestingExceedsTheLimit_ReturnsABadRequest()
    {
        static string Nested(int depth) =>
            $$"""{"t":"ping","id":"1","x":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""";

        Assert.Equal(new Ping("1"), Wire.Command(Nested(Bounds.Depth)));

        var error = Wire.Error(Nested(Bounds.Depth + 1));
        Assert.Equal((ChatErrorCode.BadRequest, "1"), (error.Code, error.Id));
        Assert.Contains("deeper than 16", error.Message, StringComparison.Ordinal);
    }
}
