namespace OrleansChat.LocalCluster;

/// <summary>
/// The text that is printed after the cluster has become ready. Tests and <c>bench/Load</c> match some of its lines.
/// </summary>
internal static class Welcome
{
    public static void Show(ClusterPlan plan, ConsoleOutput screen)
    {
        var options = plan.Options;
        var first = new Uri(plan.Gateways[0].Address);
        screen.Say("");
        if (plan.Tokens is { } tokens)
        {
            ShowTokens(plan, tokens, screen);
        }
        else
        {
            screen.Say("OrleansChat is up. Open any of these addresses in a browser, in as many tabs as you like:");
            foreach (var gateway in plan.Gateways)
            {
                screen.Say($"  {gateway.Address}");
            }

            screen.Say($"or chat in a terminal:  wscat -c 'ws://{first.Authority}/ws?room=lobby&user=alice'");
            screen.Say("Users are identified by ?user=NAME, without any proof (--identity development).");
        }

        screen.Say(options.Limits
            ? "The default limits per user and connection apply."
            : "Limits per user and connection are far above normal use. To apply the default limits, start with --limits on.");
        screen.Say(options.Store switch
        {
            Store.Sqlite => $"Messages are stored in {options.Data}.",
            Store.Postgres => "Messages are stored in PostgreSQL.",
            _ => "Messages are stored in memory and are lost when the silo stops.",
        });
        screen.Say("Ctrl-C stops everything.");
        screen.Say("");
    }

    private static void ShowTokens(ClusterPlan plan, DevelopmentTokens tokens, ConsoleOutput screen)
    {
        screen.Say("OrleansChat is up. Each user has a personal link; open it in a browser:");
        foreach (var (at, user) in plan.Options.Users.Index())
        {
            var gateway = new Uri(plan.Gateways[at % plan.Gateways.Count].Address);
            var token = tokens.For(user);
            screen.Say($"{user}'s page:  {gateway}#access_token={token}");
            screen.Say($"  or chat in a terminal:  wscat -c 'ws://{gateway.Authority}/ws?room=lobby' -H 'Authorization: Bearer {token}'");
        }

        screen.Say($"Users are identified by these tokens, which are valid for {DevelopmentTokens.LifetimeText} and only for this run. For other users, start with --user NAME, once for each user.");
    }
}
