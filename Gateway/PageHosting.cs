namespace OrleansChat.Gateway;

/// <summary>Serves the chat page: the files of <c>web/</c>, copied beside the program.</summary>
internal static class PageHosting
{
    /// <summary>Everything comes from this host, and nothing is inline: what a message says cannot become a script.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
        + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Serves <c>/</c> and the files it names.</summary>
    public static void MapPage(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            // An upgrade is no page, and what is answered to it is kept for as long as its connection lives.
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
            // Always asked for again, answered 304 where nothing changed: a page and its modules stay of one version.
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "no-cache",
        });
    }
}
