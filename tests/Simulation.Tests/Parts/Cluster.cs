using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// The cluster client of one <see cref="Node"/>. It gives access to the streams and to the grains. Each call to a grain
/// goes over the simulated network. Other members of <see cref="IClusterClient"/> are not supported.
/// </summary>
[SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives a class from this one.")]
internal class Cluster : DispatchProxy, IKeyedServiceProvider
{
    private Simulated _world = null!;
    private Node _from = null!;
    private GatewayStreamProvider _inboxes = null!;

    public static IClusterClient Create(Simulated world, Node from)
    {
        var client = Create<IClusterClient, Cluster>();
        var cluster = (Cluster)(object)client;
        (cluster._world, cluster._from, cluster._inboxes) = (world, from, new(world, from));
        return client;
    }

    public object? GetService(Type serviceType) => serviceType == typeof(IKeyedServiceProvider) ? this : null;

    public object? GetKeyedService(Type serviceType, object? serviceKey) => _inboxes;

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => _inboxes;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod switch
    {
        { Name: "get_ServiceProvider" } => this,
        { Name: "GetGrain", IsGenericMethod: true } => Grain(targetMethod.GetGenericArguments()[0].Name, args![0] as string ?? ""),
        _ => throw new NotSupportedException($"The simulation does not support {targetMethod?.Name}."),
    };

    private object Grain(string type, string key) => type switch
    {
        nameof(IRoomGrain) => new Room(_world, _from, key),
        nameof(IUserGrain) => new User(_world, _from, key),
        nameof(IHistoryGrain) => new History(_world, _from),
        nameof(IGatewayRegistryGrain) => new Registry(_world, _from),
        nameof(IStreamProbeGrain) => new Echo(_world, _from),
        _ => throw new NotSupportedException($"The simulation does not support {type}."),
    };

    private sealed class Room(Simulated world, Node from, string key) : IRoomGrain
    {
        public Task<RoomReplies> HandleAsync(RoomCommands commands) => CallAsync(room => room.HandleAsync(commands));

        public Task<AttachmentsSynced> SyncAttachmentsAsync(string gateway, string[] users, PresenceVersion heard, long number, RoomAction[]? claimed) =>
            CallAsync(room => room.SyncAttachmentsAsync(gateway, users, heard, number, claimed));

        public Task<PresenceSnapshot> WhoAsync(string user, int most, RoomAction claimed) => CallAsync(room => room.WhoAsync(user, most, claimed));

        public Task TypingAsync(string user, RoomAction claimed) => CallAsync(room => room.TypingAsync(user, claimed).Answered());

        public Task BlocksChangedAsync() => CallAsync(room => room.BlocksChangedAsync().Answered());

        public Task GatewayGoneAsync(string gateway) => CallAsync(room => room.GatewayGoneAsync(gateway).Answered());

        private Task<T> CallAsync<T>(Func<IRoomGrain, Task<T>> call) => world.Network.CallAsync(from, () => world.Silos.Find("room", key, from), call);
    }

    private sealed class User(Simulated world, Node from, string key) : IUserGrain
    {
        public Task<Opened> OpenAsync(string gateway, UserSession session, int most, BudgetAsk[] asks) =>
            CallAsync(user => user.OpenAsync(gateway, session, most, asks));

        public Task CloseAsync(string gateway, string session, BudgetAsk[] returned) =>
            CallAsync(user => user.CloseAsync(gateway, session, returned).Answered());

        public Task<BudgetGrant[]> LeaseAsync(string gateway, BudgetAsk[] asks) => CallAsync(user => user.LeaseAsync(gateway, asks));

        public Task<Admission> ConnectAsync(string gateway, UserSession session, int most) => CallAsync(user => user.ConnectAsync(gateway, session, most));

        public Task DisconnectAsync(string gateway, string session) => CallAsync(user => user.DisconnectAsync(gateway, session).Answered());

        public Task<UserNotification[]> SyncSessionsAsync(string gateway, UserSession[] sessions) => CallAsync(user => user.SyncSessionsAsync(gateway, sessions));

        public Task<SendGrant> TakeSendsAsync(int wanted, int perSecond, int burst) => CallAsync(user => user.TakeSendsAsync(wanted, perSecond, burst));

        public Task NotifyAsync(string room, long from, long to) => CallAsync(user => user.NotifyAsync(room, from, to).Answered());

        public Task<TimeSpan> TakeCreationAsync(int burst, TimeSpan interval) => CallAsync(user => user.TakeCreationAsync(burst, interval));

        public Task<TimeSpan> TakeActionAsync(UserAction action, int burst, TimeSpan interval) =>
            CallAsync(user => user.TakeActionAsync(action, burst, interval));

        public Task ConversationChangedAsync(string room, string session) => CallAsync(user => user.ConversationChangedAsync(room, session).Answered());

        public Task<bool> IsOnlineAsync() => CallAsync(user => user.IsOnlineAsync());

        public Task GatewayGoneAsync(string gateway) => CallAsync(user => user.GatewayGoneAsync(gateway).Answered());

        private Task<T> CallAsync<T>(Func<IUserGrain, Task<T>> call) => world.Network.CallAsync(from, () => world.Silos.Find("user", key, from), call);
    }

    private sealed class History(Simulated world, Node from) : IHistoryGrain
    {
        public Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken) => CallAsync(history => history.PageAsync(ask, CancellationToken.None));

        public Task<HistoryPage> PageAsync(string room, string user, long after, int limit) => CallAsync(history => history.PageAsync(room, user, after, limit));

        public Task<PresenceSnapshot> WhoAsync(string room, string user, int most, RoomAction claimed) => CallAsync(history => history.WhoAsync(room, user, most, claimed));

        public Task<RoomEvent[]> ReadAsync(string room, long after, int limit) => CallAsync(history => history.ReadAsync(room, after, limit));

        public Task<ConversationPage> ConversationsAsync(ConversationAsk ask) => CallAsync(history => history.ConversationsAsync(ask));

        public Task<ConversationReply> SetConversationAsync(ConversationSet set) => CallAsync(history => history.SetConversationAsync(set));

        public Task<bool> MayEnterAsync(string room, string user, string[] links, RoomAction claimed) =>
            CallAsync(history => history.MayEnterAsync(room, user, links, claimed));

        public Task<MemberPage> MembersAsync(MembersAsk ask) => CallAsync(history => history.MembersAsync(ask));

        public Task<ReaderPage> ReadersAsync(ReadersAsk ask) => CallAsync(history => history.ReadersAsync(ask));

        public Task<ConversationReply> BlockAsync(BlockSet set) => CallAsync(history => history.BlockAsync(set));

        public Task<string[]> BlocksAsync(string user) => CallAsync(history => history.BlocksAsync(user));

        public Task<RoomReply> ReportAsync(ReportAsk ask) => CallAsync(history => history.ReportAsync(ask));

        public Task<ReportPage> ReportsAsync(ReportsAsk ask) => CallAsync(history => history.ReportsAsync(ask));

        public Task<RoomReply> DismissAsync(DismissAsk ask) => CallAsync(history => history.DismissAsync(ask));

        public Task<RoomHeads> HeadsAsync(string[] rooms) => CallAsync(history => history.HeadsAsync(rooms));

        private Task<T> CallAsync<T>(Func<IHistoryGrain, Task<T>> call) => world.Network.CallAsync(
            from, () => world.Silos.Living.Count == 0 ? null : world.Scheduler.Pick(world.Silos.Living).History, call);
    }

    private sealed class Registry(Simulated world, Node from) : IGatewayRegistryGrain
    {
        public Task<LeaseGrant> RenewAsync(string gateway, int version) => CallAsync(registry => registry.RenewAsync(gateway, version));

        public Task<LeaseGrant> RenewAsync(string gateway) => CallAsync(registry => registry.RenewAsync(gateway));

        public Task<DrainShare> DrainAsync(string gateway, int connections) => CallAsync(registry => registry.DrainAsync(gateway, connections));

        public Task ReleaseAsync(string gateway) => CallAsync(registry => registry.ReleaseAsync(gateway).Answered());

        public Task<LiveGateways> LiveAsync() => CallAsync(registry => registry.LiveAsync());

        private Task<T> CallAsync<T>(Func<IGatewayRegistryGrain, Task<T>> call) => world.Network.CallAsync(from, () => world.Registry, call);
    }

    private sealed class Echo(Simulated world, Node from) : IStreamProbeGrain
    {
        public Task ProbeAsync(string gateway, long number) => world.Network.CallAsync<IStreamProbeGrain, bool>(
            from, () => world.Echo, echo => echo.ProbeAsync(gateway, number).Answered());
    }
}

/// <summary>
/// Adds a result to a call that returns none, because the simulated network passes only calls with a result.
/// </summary>
internal static class Calls
{
    public static async Task<bool> Answered(this Task call)
    {
        await call;
        return true;
    }
}
