namespace OrleansChat.LocalCluster;

/// <summary>What to do with a cluster that has come up.</summary>
internal static class Welcome
{
    public static void Show(Plan plan, Screen screen)
    {
        var options = plan.Options;
        var first = new Uri(plan.Gateways[0].Address);
        screen.Say("");
        screen.Say("OrleansChat is up. Open any of these, in as many tabs as you like:");
        foreach (var gateway in plan.Gateways)
        {
            screen.Say($"  {gateway.Address}");
        }

        screen.Say($"or  wscat -c 'ws://{first.Authority}/ws?room=lobby&user=alice'");
        screen.Say("Identity is ?user= (development): anybody may be anybody.");
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
}
