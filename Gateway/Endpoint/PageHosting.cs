namespace OrleansChat.Gateway.Endpoint;

/// <summary>Serves the chat page: the files of <c>web/</c>, which are copied next to the program.</summary>
internal static class PageHosting
{
    /// <summary>
    /// All content comes from this host and nothing is inline, so the text of a message cannot run as a script.
    /// <c>connect-src 'self'</c> covers the page's WebSocket: on a page with <c>http</c> or <c>https</c>, it also
    /// matches <c>ws</c> and <c>wss</c> of the same host (Content Security Policy Level 3).
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Serves the page at <c>/</c>, and its files.</summary>
    public static void MapPage(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            // Upgrades do not get these headers, because their response headers stay in memory as long as the
            // connection.
            if (!context.WebSockets.IsWebSocketRequest)
            {
                var headers = context.Response.Headers;
                headers.ContentSecurityPolicy = ContentSecurityPolicy;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";
            }

            return next(context);
        });
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions
        {
            // Browsers revalidate each file at every load, and get 304 if the file is unchanged. So the page and its
            // modules always have the same version.
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "no-cache",
        });
    }
}
