using Microsoft.AspNetCore.SignalR;
using OrleansChat.SignalRPeer;

// The server that OrleansChat is compared with: a SignalR hub like the one in SignalR's documentation. It is one
// process and stores nothing.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSignalR();
var app = builder.Build();
app.MapHub<Chat>("/chat");
app.Run();

namespace OrleansChat.SignalRPeer
{
    /// <summary>Rooms are groups. A message is sent to all members of the group, including its sender.</summary>
    internal sealed class Chat : Hub
    {
        public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

        public Task Send(string room, string text) => Clients.Group(room).SendAsync("message", text);
    }
}
