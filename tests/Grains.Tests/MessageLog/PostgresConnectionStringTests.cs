using OrleansChat.ProcessHosting;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// Npgsql tries GSS encryption first, but small container images do not contain the library for it. So GSS encryption
/// is off unless the connection string sets it.
/// </summary>
public sealed class PostgresConnectionStringTests
{
    [Theory]
    [InlineData("Host=db;Username=chat", "Host=db;Username=chat;Gss Encryption Mode=Disable")]
    [InlineData("Host=db; ", "Host=db;Gss Encryption Mode=Disable")]
    public void ConnectionString_WhenItDoesNotNameGss_DisablesGss(string given, string expected) =>
        Assert.Equal(expected, PostgresConnectionString.WithDefaults(given));

    [Theory]
    [InlineData("Host=db;Gss Encryption Mode=Require")]
    [InlineData("Host=db;gssencryptionmode=Prefer")]
    [InlineData("not a connection string")]
    public void ConnectionString_WhenItNamesGssOrCannotBeParsed_StaysUnchanged(string given) =>
        Assert.Equal(given, PostgresConnectionString.WithDefaults(given));
}
