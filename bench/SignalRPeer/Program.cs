using Microsoft.AspNetCore.SignalR;
using OrleansChat.SignalRPeer;

// What this system is measured against: a hub as its own documentation would have it, in one process, that keeps nothing.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSignalR();
var app = builder.Build();
app.MapHub<Chat>("/chat");
app.Run();

namespace OrleansChat.SignalRPeer
{
    /// <summary>Rooms are groups; what one says is told to all of the group, its sender too.</summary>
    internal sealed class Chat : Hub
    {
        /// <summary>Joins a room.</summary>
        public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

        /// <summary>Says something there.</summary>
        public Task Send(string room, string text) => Clients.Group(room).SendAsync("message", text);
    }
}
