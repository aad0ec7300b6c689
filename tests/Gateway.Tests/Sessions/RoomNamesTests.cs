using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>
/// The keys of direct rooms. Every pair of users has its own key. The key names both users, whatever characters their
/// ids contain.
/// </summary>
public sealed class RoomNamesTests
{
    private static readonly string[] Pieces = ["a", "1", "2", ":", "@", "😀"];

    [Fact]
    public void Key_WhenUserIdsAreUnusual_IsUniqueForEachPair()
    {
        string[] ids = [.. from a in Pieces from b in (string[])["", .. Pieces] from c in (string[])["", .. Pieces] select a + b + c];
        string[] users = [.. ids.Distinct().Where(id => !id.StartsWith('@'))];
        var keys = new HashSet<string>();

        for (var i = 0; i < users.Length; i++)
        {
            for (var j = i; j < users.Length; j++)
            {
                var key = RoomNames.ToKey($"@{users[j]}", users[i]);
                Assert.Equal(key, RoomNames.ToKey($"@{users[i]}", users[j]));
                Assert.Equal($"@{users[j]}", RoomNames.ToName(key, users[i]));
                Assert.True(keys.Add(key), $"{users[i]} and {users[j]} share {key} with another pair.");
            }
        }
    }

    [Theory]
    [InlineData("alice", "bob", "@5:alice3:bob")]
    [InlineData("bob", "alice", "@5:alice3:bob")]
    [InlineData("Zoë", "😀", "@3:Zoë2:😀")]
    [InlineData("ann", "ann", "@3:ann3:ann")]
    public void Key_WhenItIsStored_KeepsItsFormat(string one, string other, string key) => Assert.Equal(key, RoomKey.Direct(one, other));
}
