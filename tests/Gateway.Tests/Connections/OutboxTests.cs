using System.Text;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Tests.Connections;

public sealed class OutboxTests
{
    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public void Post_WhenTheBytesAreSpent_DoesNotFit()
    {
        var outbox = new Outbox(postBytes: 1000, answerBytes: 1000, static () => { });
        var fitted = 0;
        while (outbox.TryPost(new byte[100], null, 0))
        {
            fitted++;
        }

        Assert.InRange(fitted, 5, 10);
        Assert.Equal(fitted, Take(outbox).Count);
        Assert.True(outbox.TryPost(new byte[100], null, 0));
    }

    [Fact]
    public void Post_OfNothing_IsBoundedToo()
    {
        // Raw text connections and those without echo move their cursors along with posts that have no bytes.
        var outbox = new Outbox(postBytes: 10_000, answerBytes: 1000, static () => { });
        var fitted = 0;
        while (fitted < 10_000 && outbox.TryPost(default, null, 0))
        {
            fitted++;
        }

        Assert.InRange(fitted, 1, 9_999);
    }

    [Fact]
    public void Post_LargerThanTheBound_FitsAnEmptyQueue()
    {
        var outbox = new Outbox(postBytes: 1000, answerBytes: 1000, static () => { });
        Assert.True(outbox.TryPost(new byte[5000], null, 0));
        Assert.False(outbox.TryPost(new byte[1], null, 0));
        Take(outbox);
        Assert.True(outbox.TryPost(new byte[5000], null, 0));
    }

    [Fact]
    public async Task Post_OfAnySize_FitsOnceSpaceWasAwaited()
    {
        var outbox = new Outbox(postBytes: 1000, answerBytes: 1000, static () => { });
        outbox.TryPost(new byte[400], null, 0);
        await Waiting.ForAsync(outbox.SpaceAsync(_cancelled).AsTask(), "space");
        Assert.True(outbox.TryPost(new byte[900], null, 0), "whoever waited for space would wait and fail for ever");
    }

    [Fact]
    public void PostsAndAnswers_KeepTheirOrder()
    {
        var outbox = new Outbox(1000, 1000, static () => { });
        outbox.TryPost("1"u8.ToArray(), null, 0);
        outbox.Answer("2"u8.ToArray());
        outbox.Frame("3"u8.ToArray());
        outbox.TryPost("4"u8.ToArray(), null, 0);
        outbox.Answer("5"u8.ToArray());
        Assert.Equal("12345", string.Concat(Take(outbox)));
    }

    [Fact]
    public void Answers_AreNeverRefused()
    {
        var outbox = new Outbox(100, 100, static () => { });
        for (var i = 0; i < 100; i++)
        {
            outbox.Answer(new byte[100]);
        }

        Assert.Equal(100, Take(outbox).Count);
    }

    [Fact]
    public void DropPosts_KeepsAnswers_AndDroppedReceiptsHearNothing()
    {
        var (outbox, room) = (new Outbox(1000, 1000, static () => { }), new Receipt());
        outbox.TryPost("a"u8.ToArray(), room, 1);
        Assert.True(outbox.TryTake(1000, first: true, out _));
        outbox.TryPost("b"u8.ToArray(), room, 2);
        outbox.Answer("c"u8.ToArray());
        outbox.TryPost("d"u8.ToArray(), room, 3);
        outbox.DropPosts();
        Assert.Equal("c", string.Concat(Take(outbox)));
        Assert.Equal([1], room.Positions);
    }

    [Fact]
    public void DropPosts_OfOneReceipt_LeavesTheOthers()
    {
        var (outbox, one, other) = (new Outbox(1000, 1000, static () => { }), new Receipt(), new Receipt());
        outbox.TryPost("a"u8.ToArray(), one, 1);
        outbox.TryPost("b"u8.ToArray(), other, 1);
        outbox.TryPost("c"u8.ToArray(), null, 0);
        outbox.TryPost("d"u8.ToArray(), one, 2);
        outbox.DropPosts(one);
        Assert.Equal("bc", string.Concat(Take(outbox)));
        Assert.Empty(one.Positions);
        Assert.Equal([1], other.Positions);
    }

    [Fact]
    public void DropPosts_GivesTheirBytesBack()
    {
        var outbox = new Outbox(1000, 1000, static () => { });
        outbox.TryPost(new byte[1000], null, 0);
        Assert.False(outbox.TryPost(new byte[1000], null, 0));
        outbox.DropPosts();
        Assert.True(outbox.TryPost(new byte[1000], null, 0));
    }

    [Fact]
    public async Task Space_WhenThePostsAreDropped_IsThere()
    {
        var outbox = new Outbox(1000, 1000, static () => { });
        outbox.TryPost(new byte[1000], null, 0);
        var space = outbox.SpaceAsync(_cancelled).AsTask();
        Assert.False(space.IsCompleted);
        outbox.DropPosts();
        await Waiting.ForAsync(space, "space after the posts were dropped", TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Space_IsThereOnceHalfIsTaken()
    {
        var outbox = new Outbox(1000, 1000, static () => { });
        while (outbox.TryPost(new byte[60], null, 0))
        {
        }

        var space = outbox.SpaceAsync(_cancelled).AsTask();
        Assert.True(outbox.TryTake(1000, first: true, out _));
        await Task.Delay(50, _cancelled);
        Assert.False(space.IsCompleted);
        Take(outbox);
        await Waiting.ForAsync(space, "space");
    }

    [Fact]
    public async Task AnswersFit_BrakesAboveTheBound_AndWakesBelowHalf()
    {
        var outbox = new Outbox(1000, 1000, static () => { });
        for (var i = 0; i < 12; i++)
        {
            outbox.Answer(new byte[100]);
        }

        var fit = outbox.AnswersFitAsync(_cancelled).AsTask();
        Assert.False(fit.IsCompleted);
        Take(outbox);
        await Waiting.ForAsync(fit, "the answers to fit");
    }

    [Fact]
    public void Answers_OfHardlyAnyBytes_AreBoundedToo()
    {
        // As empty pongs are: what the queue itself needs for each is far more.
        var outbox = new Outbox(1000, 1000, static () => { });
        for (var i = 0; i < 30; i++)
        {
            outbox.Frame(new byte[2]);
        }

        Assert.False(outbox.AnswersFitAsync(_cancelled).AsTask().IsCompleted);
    }

    [Fact]
    public void TryTake_TakesTheFirstWhateverItsSize_AndOthersWhileTheyFit()
    {
        var outbox = new Outbox(10_000, 10_000, static () => { });
        outbox.Answer(new byte[500]);
        outbox.Answer(new byte[50]);
        outbox.Answer(new byte[51]);
        Assert.True(outbox.TryTake(100, first: true, out _));
        Assert.True(outbox.TryTake(50, first: false, out _));
        Assert.False(outbox.TryTake(50, first: false, out _));
    }

    [Fact]
    public void Complete_LetsWhatWaitsBeTaken_AndTakesNothingIn()
    {
        var outbox = new Outbox(1000, 1000, static () => { });
        outbox.Answer("a"u8.ToArray());
        outbox.Complete();
        outbox.Answer("b"u8.ToArray());
        Assert.True(outbox.TryPost("c"u8.ToArray(), null, 0));
        Assert.False(outbox.IsOver);
        Assert.Equal("a", string.Concat(Take(outbox)));
        Assert.True(outbox.IsOver);
    }

    [Fact]
    public async Task Complete_WakesEverybodyWhoWaits()
    {
        var full = new Outbox(100, 100, static () => { });
        full.TryPost(new byte[200], null, 0);
        full.Answer(new byte[200]);
        var (space, fit) = (full.SpaceAsync(_cancelled).AsTask(), full.AnswersFitAsync(_cancelled).AsTask());
        full.Complete();
        await Waiting.ForAsync(Task.WhenAll(space, fit), "all who wait on a completed outbox");
    }

    [Fact]
    public void TheWriter_IsCalledOnce_UntilItFoundNothing()
    {
        var calls = 0;
        var outbox = new Outbox(1000, 1000, () => calls++);
        outbox.Answer("a"u8.ToArray());
        outbox.TryPost("b"u8.ToArray(), null, 0);
        Assert.Equal(1, calls);

        // It comes again for what did not fit.
        Assert.True(outbox.TryTake(1, first: true, out _));
        Assert.False(outbox.TryTake(0, first: false, out _));
        outbox.Answer("c"u8.ToArray());
        Assert.Equal(1, calls);
        Assert.Equal(["b", "c"], Take(outbox));
        outbox.Frame("d"u8.ToArray());
        Assert.Equal(2, calls);
        Take(outbox);
        outbox.Complete();
        outbox.Complete();
        Assert.Equal(3, calls);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task NobodySleepsForEver_WhateverTheThreadsDo(int seed)
    {
        const int Objects = 20_000;
        var called = new Signal();
        var outbox = new Outbox(1000, 1000, called.Set);
        var stop = new CancellationTokenSource();
        var (posted, answered) = (0, 0);
        var posting = Task.Run(async () =>
        {
            for (posted = 0; posted < Objects; posted++)
            {
                while (!outbox.TryPost(new byte[posted % 90], null, 0))
                {
                    await outbox.SpaceAsync(_cancelled);
                }
            }
        }, _cancelled);
        var answering = Task.Run(async () =>
        {
            for (answered = 0; answered < Objects; answered++)
            {
                await outbox.AnswersFitAsync(_cancelled);
                outbox.Answer(new byte[answered % 90]);
            }
        }, _cancelled);
        var dropping = Task.Run(async () =>
        {
            for (var random = new Random(seed); !stop.IsCancellationRequested; await Task.Yield())
            {
                if (random.Next(20) == 0)
                {
                    outbox.DropPosts();
                }
            }
        }, _cancelled);
        var writing = Task.Run(async () =>
        {
            while (!outbox.IsOver)
            {
                await called.WaitAsync(_cancelled);
                Take(outbox);
            }
        }, _cancelled);

        await Waiting.ForAsync(Task.WhenAll(posting, answering), "all posts and answers");
        outbox.Complete();
        await Waiting.ForAsync(writing, "the writer's end");
        await stop.CancelAsync();
        await dropping;
    }

    private static List<string> Take(Outbox outbox)
    {
        var taken = new List<string>();
        while (outbox.TryTake(int.MaxValue, first: true, out var item))
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
