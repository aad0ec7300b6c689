namespace OrleansChat.LocalCluster;

/// <summary>What to do with a cluster that has come up.</summary>
internal static class Welcome
{
    public static void Show(Plan plan, Screen screen)
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
            screen.Say("OrleansChat is up. Open any of these, in as many tabs as you like:");
            foreach (var gateway in plan.Gateways)
            {
                screen.Say($"  {gateway.Address}");
            }

            screen.Say($"or  wscat -c 'ws://{first.Authority}/ws?room=lobby&user=alice'");
            screen.Say("Identity is ?user= (development): anybody may be anybody.");
        }

        screen.Say(options.Limits
            ? "The per-user send limit is on."
            : "The per-user send limit is off; --limits on switches it on.");
        screen.Say(options.Store switch
        {
            Store.Sqlite => $"Messages are kept in {options.Data}.",
            Store.Postgres => "Messages are kept in PostgreSQL.",
            _ => "Messages are kept in memory, and gone when the silo stops.",
        });
        screen.Say("Ctrl-C stops everything.");
        screen.Say("");
    }

    private static void ShowTokens(Plan plan, DevelopmentTokens tokens, Screen screen)
    {
        screen.Say("OrleansChat is up. Each of these is somebody's own way in:");
        foreach (var (at, user) in plan.Options.Users.Index())
        {
            var gateway = new Uri(plan.Gateways[at % plan.Gateways.Count].Address);
            var token = tokens.For(user);
            screen.Say($"{user}'s page:  {gateway}?access_token={token}");
            screen.Say($"  or  wscat -c 'ws://{gateway.Authority}/ws?room=lobby' -H 'Authorization: Bearer {token}'");
        }

        screen.Say($"Identity is by token. These are good for {DevelopmentTokens.LifetimeText} and for this run; --user NAME, as often as you like, makes them for others.");
    }
}
