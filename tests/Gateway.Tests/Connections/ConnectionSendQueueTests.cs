using System.Text;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Tests.Connections;

public sealed class ConnectionSendQueueTests
{
    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public void Post_WhenTheBytesAreSpent_DoesNotFit()
    {
        var sendQueue = new ConnectionSendQueue(eventBytes: 1000, answerBytes: 1000, static () => { });
        var fitted = 0;
        while (sendQueue.TryEnqueue(new byte[100], null, 0))
        {
            fitted++;
        }

        Assert.InRange(fitted, 5, 10);
        Assert.Equal(fitted, Take(sendQueue).Count);
        Assert.True(sendQueue.TryEnqueue(new byte[100], null, 0));
    }

    [Fact]
    public void Post_WhenItHasNoBytes_CountsTowardsTheBound()
    {
        // The gateway sends no bytes for some events, such as a client's own messages if the client wants no echo. For
        // such an event, the session queues an item without bytes, which only moves the cursor.
        var sendQueue = new ConnectionSendQueue(eventBytes: 10_000, answerBytes: 1000, static () => { });
        var fitted = 0;
        while (fitted < 10_000 && sendQueue.TryEnqueue(default, null, 0))
        {
            fitted++;
        }

        Assert.InRange(fitted, 1, 9_999);
    }

    [Fact]
    public void Post_WhenLargerThanTheBound_FitsAnEmptyQueue()
    {
        var sendQueue = new ConnectionSendQueue(eventBytes: 1000, answerBytes: 1000, static () => { });

        Assert.True(sendQueue.TryEnqueue(new byte[5000], null, 0));
        Assert.False(sendQueue.TryEnqueue(new byte[1], null, 0));

        Take(sendQueue);
        Assert.True(sendQueue.TryEnqueue(new byte[5000], null, 0));
    }

    [Fact]
    public async Task Post_WhenSpaceWasAwaited_FitsWhateverItsSize()
    {
        var sendQueue = new ConnectionSendQueue(eventBytes: 1000, answerBytes: 1000, static () => { });
        sendQueue.TryEnqueue(new byte[400], null, 0);
        await Waiting.ForAsync(sendQueue.SpaceAsync(_cancelled).AsTask(), "space");
        Assert.True(sendQueue.TryEnqueue(new byte[900], null, 0), "After a wait for space, an event of any size must fit. Otherwise a caller with a large event would wait forever.");
    }

    [Fact]
    public void TryTake_WhenPostsAndAnswersAreMixed_KeepsTheirOrder()
    {
        var sendQueue = new ConnectionSendQueue(1000, 1000, static () => { });

        sendQueue.TryEnqueue("1"u8.ToArray(), null, 0);
        sendQueue.EnqueueAnswer("2"u8.ToArray());
        sendQueue.EnqueueFrame("3"u8.ToArray());
        sendQueue.TryEnqueue("4"u8.ToArray(), null, 0);
        sendQueue.EnqueueAnswer("5"u8.ToArray());

        Assert.Equal("12345", string.Concat(Take(sendQueue)));
    }

    [Fact]
    public void Answer_WhenTheBoundIsExceeded_IsStillQueued()
    {
        var sendQueue = new ConnectionSendQueue(100, 100, static () => { });
        for (var i = 0; i < 100; i++)
        {
            sendQueue.EnqueueAnswer(new byte[100]);
        }

        Assert.Equal(100, Take(sendQueue).Count);
    }

    [Fact]
    public void DropPosts_WhenAnswersWait_DropsOnlyThePosts()
    {
        var (sendQueue, room) = (new ConnectionSendQueue(1000, 1000, static () => { }), new Receipt());
        sendQueue.TryEnqueue("a"u8.ToArray(), room, 1);
        Assert.True(sendQueue.TryTake(1000, first: true, out _));
        sendQueue.TryEnqueue("b"u8.ToArray(), room, 2);
        sendQueue.EnqueueAnswer("c"u8.ToArray());
        sendQueue.TryEnqueue("d"u8.ToArray(), room, 3);

        sendQueue.DropEvents();

        Assert.Equal("c", string.Concat(Take(sendQueue)));
        Assert.Equal([1], room.Positions);
    }

    [Fact]
    public void DropPosts_WhenGivenAReceipt_DropsOnlyItsPosts()
    {
        var (sendQueue, one, other) = (new ConnectionSendQueue(1000, 1000, static () => { }), new Receipt(), new Receipt());
        sendQueue.TryEnqueue("a"u8.ToArray(), one, 1);
        sendQueue.TryEnqueue("b"u8.ToArray(), other, 1);
        sendQueue.TryEnqueue("c"u8.ToArray(), null, 0);
        sendQueue.TryEnqueue("d"u8.ToArray(), one, 2);

        sendQueue.DropEvents(one);

        Assert.Equal("bc", string.Concat(Take(sendQueue)));
        Assert.Empty(one.Positions);
        Assert.Equal([1], other.Positions);
    }

    [Fact]
    public void DropPosts_WhenTheQueueIsFull_FreesTheirBytes()
    {
        var sendQueue = new ConnectionSendQueue(1000, 1000, static () => { });
        sendQueue.TryEnqueue(new byte[1000], null, 0);
        Assert.False(sendQueue.TryEnqueue(new byte[1000], null, 0));

        sendQueue.DropEvents();

        Assert.True(sendQueue.TryEnqueue(new byte[1000], null, 0));
    }

    [Fact]
    public async Task Space_WhenThePostsAreDropped_Completes()
    {
        var sendQueue = new ConnectionSendQueue(1000, 1000, static () => { });
        sendQueue.TryEnqueue(new byte[1000], null, 0);
        var space = sendQueue.SpaceAsync(_cancelled).AsTask();
        Assert.False(space.IsCompleted);

        sendQueue.DropEvents();

        await Waiting.ForAsync(space, "space after the events were dropped", TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Space_WhenPostsAreTaken_WaitsUntilHalfIsFree()
    {
        var sendQueue = new ConnectionSendQueue(1000, 1000, static () => { });
        while (sendQueue.TryEnqueue(new byte[60], null, 0))
        {
        }

        var space = sendQueue.SpaceAsync(_cancelled).AsTask();
        Assert.True(sendQueue.TryTake(1000, first: true, out _));
        await Task.Delay(50, _cancelled);
        Assert.False(space.IsCompleted);

        Take(sendQueue);
        await Waiting.ForAsync(space, "space");
    }

    [Fact]
    public async Task AnswersFit_WhenALargeAnswerFollows_WaitsForItsSpace()
    {
        var sendQueue = new ConnectionSendQueue(100, 1000, static () => { });
        sendQueue.EnqueueAnswer(new byte[300]);

        Assert.True(sendQueue.AnswersFitAsync(600, _cancelled).AsTask().IsCompletedSuccessfully);
        sendQueue.EnqueueAnswer(new byte[300]);
        Assert.True(sendQueue.AnswersFitAsync(_cancelled).AsTask().IsCompletedSuccessfully);
        var fit = sendQueue.AnswersFitAsync(5000, _cancelled).AsTask();
        Assert.False(fit.IsCompleted);
        Assert.True(sendQueue.TryTake(int.MaxValue, first: true, out _));

        await Waiting.ForAsync(fit, "space for the large answer");
    }

    [Fact]
    public void Gathering_WhenAnObjectIsLarge_DoesNotCopyIt()
    {
        var sendQueue = new ConnectionSendQueue(100, 1_000_000, static () => { });
        var large = new byte[100_000];
        sendQueue.EnqueueAnswer("{}"u8.ToArray());
        sendQueue.EnqueueAnswer(large);
        sendQueue.EnqueueAnswer("[]"u8.ToArray());
        var batch = new WriteBatch();

        Assert.True(batch.TryFill(sendQueue, 64 * 1024));
        Assert.Equal([0x81, 2, (byte)'{', (byte)'}'], batch.Joined.ToArray());
        batch.Clear();
        Assert.True(batch.TryFill(sendQueue, 64 * 1024));

        Assert.Equal([0x81, 127, 0, 0, 0, 0, 0, 1, 0x86, 0xA0], batch.Joined.ToArray());
        Assert.True(batch.Large.Equals(large.AsMemory()));
    }

    [Fact]
    public async Task AnswersFit_WhenTheBoundIsExceeded_WaitsUntilAnswersAreTaken()
    {
        var sendQueue = new ConnectionSendQueue(1000, 1000, static () => { });
        for (var i = 0; i < 12; i++)
        {
            sendQueue.EnqueueAnswer(new byte[100]);
        }

        var fit = sendQueue.AnswersFitAsync(_cancelled).AsTask();
        Assert.False(fit.IsCompleted);

        Take(sendQueue);
        await Waiting.ForAsync(fit, "the answers to fit");
    }

    [Fact]
    public void AnswersFit_WhenAnswersAreTiny_CountsTheQueuesOwnMemory()
    {
        // An empty pong has two bytes, but its place in the queue takes far more memory.
        var sendQueue = new ConnectionSendQueue(1000, 1000, static () => { });
        for (var i = 0; i < 30; i++)
        {
            sendQueue.EnqueueFrame(new byte[2]);
        }

        Assert.False(sendQueue.AnswersFitAsync(_cancelled).AsTask().IsCompleted);
    }

    [Fact]
    public void TryTake_WhenTheFirstItemIsTooLarge_TakesItAnyway()
    {
        var sendQueue = new ConnectionSendQueue(10_000, 10_000, static () => { });
        sendQueue.EnqueueAnswer(new byte[500]);
        sendQueue.EnqueueAnswer(new byte[50]);
        sendQueue.EnqueueAnswer(new byte[51]);

        Assert.True(sendQueue.TryTake(100, first: true, out _));
        Assert.True(sendQueue.TryTake(50, first: false, out _));
        Assert.False(sendQueue.TryTake(50, first: false, out _));
    }

    [Fact]
    public void Complete_WhenItemsWait_KeepsThemAndIgnoresNewOnes()
    {
        var sendQueue = new ConnectionSendQueue(1000, 1000, static () => { });
        sendQueue.EnqueueAnswer("a"u8.ToArray());

        sendQueue.Complete();
        sendQueue.EnqueueAnswer("b"u8.ToArray());

        Assert.True(sendQueue.TryEnqueue("c"u8.ToArray(), null, 0));
        Assert.False(sendQueue.IsOver);
        Assert.Equal("a", string.Concat(Take(sendQueue)));
        Assert.True(sendQueue.IsOver);
    }

    [Fact]
    public async Task Complete_WhenCallersWait_ReleasesThem()
    {
        var full = new ConnectionSendQueue(100, 100, static () => { });
        full.TryEnqueue(new byte[200], null, 0);
        full.EnqueueAnswer(new byte[200]);
        var (space, fit) = (full.SpaceAsync(_cancelled).AsTask(), full.AnswersFitAsync(_cancelled).AsTask());

        full.Complete();

        await Waiting.ForAsync(Task.WhenAll(space, fit), "all waits on a completed send queue");
    }

    [Fact]
    public void Writer_WhenItHasNotEmptiedTheQueue_IsNotCalledAgain()
    {
        var calls = 0;
        var sendQueue = new ConnectionSendQueue(1000, 1000, () => calls++);
        sendQueue.EnqueueAnswer("a"u8.ToArray());
        sendQueue.TryEnqueue("b"u8.ToArray(), null, 0);
        Assert.Equal(1, calls);

        // The first take leaves "b" in the queue. So the writer is still scheduled, and the queue does not call it
        // again when "c" is added.
        Assert.True(sendQueue.TryTake(1, first: true, out _));
        Assert.False(sendQueue.TryTake(0, first: false, out _));
        sendQueue.EnqueueAnswer("c"u8.ToArray());
        Assert.Equal(1, calls);
        Assert.Equal(["b", "c"], Take(sendQueue));
        sendQueue.EnqueueFrame("d"u8.ToArray());
        Assert.Equal(2, calls);
        Take(sendQueue);
        sendQueue.Complete();
        sendQueue.Complete();
        Assert.Equal(3, calls);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task SendQueue_WhenThreadsRace_LosesNoWakeUp(int seed)
    {
        const int Objects = 20_000;
        var called = new SingleWaiterAutoResetEvent();
        var sendQueue = new ConnectionSendQueue(1000, 1000, called.Set);
        var stop = new CancellationTokenSource();
        var (posted, answered) = (0, 0);
        var posting = Task.Run(async () =>
        {
            for (posted = 0; posted < Objects; posted++)
            {
                while (!sendQueue.TryEnqueue(new byte[posted % 90], null, 0))
                {
                    await sendQueue.SpaceAsync(_cancelled);
                }
            }
        }, _cancelled);
        var answering = Task.Run(async () =>
        {
            for (answered = 0; answered < Objects; answered++)
            {
                await sendQueue.AnswersFitAsync(_cancelled);
                sendQueue.EnqueueAnswer(new byte[answered % 90]);
            }
        }, _cancelled);
        var dropping = Task.Run(async () =>
        {
            for (var random = new Random(seed); !stop.IsCancellationRequested; await Task.Yield())
            {
                if (random.Next(20) == 0)
                {
                    sendQueue.DropEvents();
                }
            }
        }, _cancelled);
        var writing = Task.Run(async () =>
        {
            while (!sendQueue.IsOver)
            {
                await called.WaitAsync(_cancelled);
                Take(sendQueue);
            }
        }, _cancelled);

        await Waiting.ForAsync(Task.WhenAll(posting, answering), "all posts and answers");
        sendQueue.Complete();
        await Waiting.ForAsync(writing, "the writer's end");
        await stop.CancelAsync();
        await dropping;
    }

    private static List<string> Take(ConnectionSendQueue sendQueue)
    {
        var taken = new List<string>();
        while (sendQueue.TryTake(int.MaxValue, first: true, out var item))
        {
            taken.Add(Encoding.UTF8.GetString(item.Bytes.Span));
        }

        return taken;
    }

    private sealed class Receipt : IReceipt
    {
        public List<long> Positions { get; } = [];

        public void Taken(long position) => Positions.Add(position);
    }
}
