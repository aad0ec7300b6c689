using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>A real nginx with the example configuration, as a proxy in front of two gateways.</summary>
[Trait("Run", "all"), Collection(DeploymentTests.Collection)]
public sealed class ProxyTests(BuiltImages images) : IClassFixture<BuiltImages>
{
    private const string Site = "chat.example.org";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task ExampleProxy_WhenABrowserConnects_OpensAWebSocketAndHidesHealth()
    {
        var nginx = ((string[])["/usr/sbin/nginx", "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx"]).FirstOrDefault(File.Exists);
        Assert.SkipWhen(nginx is null, "nginx cannot be found. On Debian: apt-get install --no-install-recommends nginx-light");
        await using var cluster = await DeployedCluster.StartAsync(
            images, [.. Workload.Kubernetes.Select(workload => workload with { Replicas = workload.Program == "Silo" ? 1 : 2 })]);
        var folder = Directory.CreateTempSubdirectory("orleanschat-nginx-");
        try
        {
            var port = RunningLocalCluster.FreePorts(1);
            await WriteAsync(folder.FullName, port, [.. cluster.Gateways.Select(gateway => gateway.Port(8080))]);
            await using var proxy = ProcessGroup.Start(nginx!, ["-p", folder.FullName, "-c", "nginx.conf"]);
            using var browser = new HttpMessageInvoker(Handler(port));
            await ListensAsync(port, proxy);

            Assert.Equal(HttpStatusCode.OK, await GetAsync(browser, port, "/"));
            Assert.Equal(HttpStatusCode.NotFound, await GetAsync(browser, port, "/healthz/ready"));
            await OpensAsync(browser, port); // Connect twice, so that both gateways get a connection.
            await OpensAsync(browser, port);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task OpensAsync(HttpMessageInvoker browser, int port)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", $"https://{Site}:{port}");
        socket.Options.SetRequestHeader("Authorization", $"Bearer {await Access.TokenAsync("ann")}");
        await socket.ConnectAsync(new($"wss://{Site}:{port}/ws?room=lobby"), browser, TestContext.Current.CancellationToken);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
    }

    private static async Task<HttpStatusCode> GetAsync(HttpMessageInvoker browser, int port, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://{Site}:{port}{path}"));
        using var response = await browser.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static SocketsHttpHandler Handler(int port) => new()
    {
        UseProxy = false,
        SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == $"CN={Site}" },
        ConnectCallback = async (_, cancelled) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port, cancelled);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };

    private static async Task ListensAsync(int port, ProcessGroup proxy)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ; await Task.Delay(Poll, TestContext.Current.CancellationToken))
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException)
            {
                Assert.False(
                    proxy.HasEnded || TimeProvider.System.GetElapsedTime(started) > Patience,
                    $"nginx did not listen on port {port} within {Patience}: {string.Join('\n', proxy.Errors)}");
            }
        }
    }

    /// <summary>Writes the example configuration with other ports, and with a new certificate.</summary>
    private static async Task WriteAsync(string folder, int port, int[] gateways)
    {
        var (certificate, key) = NewCertificate();
        var example = await File.ReadAllTextAsync(Path.Combine(DeployTree.Root, "deploy", "nginx.example.conf"), TestContext.Current.CancellationToken);
        foreach (var (old, replacement) in (IEnumerable<(string, string)>)
        [
            ("127.0.0.1:8080;", $"127.0.0.1:{gateways[0]};"),
            ("127.0.0.1:8081;", $"127.0.0.1:{gateways[1]};"),
            ("listen 443 ssl;", $"listen 127.0.0.1:{port} ssl;"),
            ("/etc/ssl/chat.example.org.crt", $"{folder}/site.crt"),
            ("/etc/ssl/chat.example.org.key", $"{folder}/site.key"),
        ])
        {
            Assert.Contains(old, example, StringComparison.Ordinal);
            example = example.Replace(old, replacement, StringComparison.Ordinal);
        }

        var temporary = string.Concat(((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
            .Select(kind => string.Create(CultureInfo.InvariantCulture, $"    {kind}_temp_path {folder}/{kind};\n")));
        foreach (var (name, text) in (IEnumerable<(string, string)>)
        [
            ("site.crt", certificate), ("site.key", key), ("example.conf", example),
            ("nginx.conf", $"daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{ }}\nhttp {{\n    access_log off;\n{temporary}    include {folder}/example.conf;\n}}\n"),
        ])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), text, TestContext.Current.CancellationToken);
        }
    }

    private static (string Certificate, string Key) NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Site}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
