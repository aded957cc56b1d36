using Pentode.Uring;
using Pentode.Uring.Ring;

namespace Pentode.Tests.Uring;

/// <summary>Runs test bodies on loops.</summary>
internal static class EngineHost
{
    /// <summary>Longest a test may take; generous because the machine may be loaded.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>A started loop; skips the test where this machine has no io_uring.</summary>
    public static IoLoop Start(string engine, LoopOptions? options = null)
    {
        Assert.SkipWhen(engine == "ring" && !RingLoop.IsSupported, "this kernel does not let us use io_uring");
        var loop = LoopFactory.Create(engine, options ?? new LoopOptions());
        loop.Start();
        return loop;
    }

    /// <summary>Runs a body on a fresh loop, then stops the loop and checks that nothing is left on it.</summary>
    public static async Task RunAsync(string engine, Func<IoLoop, Task> body, LoopOptions? options = null)
    {
        var loop = Start(engine, options);
        try
        {
            await OnAsync(loop, body);
        }
        finally
        {
            await loop.StopAsync().WaitAsync(Limit);
        }

        Assert.Equal(0, loop.PendingOperations);
    }

    /// <summary>Runs a body on a loop.</summary>
    public static async Task OnAsync(IoLoop loop, Func<IoLoop, Task> body)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(async _ =>
        {
            try
            {
                await body(loop);
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        await done.Task.WaitAsync(Limit);
    }

    /// <summary>Memory that does not move.</summary>
    public static byte[] Pinned(int length) => GC.AllocateArray<byte>(length, pinned: true);

    /// <summary>Pinned memory with seeded content.</summary>
    public static byte[] PinnedRandom(int length, int seed)
    {
        var data = Pinned(length);
        new Random(seed).NextBytes(data);
        return data;
    }
}
