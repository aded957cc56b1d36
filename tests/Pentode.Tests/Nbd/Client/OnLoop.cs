using Pentode.Uring;

namespace Pentode.Tests.Nbd.Client;

/// <summary>A loop with a body running on it.</summary>
internal static class OnLoop
{
    public static Task Run(string engine, Func<IoLoop, Task> body) => With(engine, loop => On(loop, () => body(loop)));

    /// <summary>A loop for a body that runs elsewhere.</summary>
    public static async Task With(string engine, Func<IoLoop, Task> body)
    {
        var loop = LoopFactory.Create(engine, new LoopOptions { Name = "nbd-client" });
        loop.Start();
        try
        {
            await body(loop).WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            await loop.StopAsync();
        }
    }

    /// <summary>Runs a body on a loop and brings back how it ended.</summary>
    public static Task On(IoLoop loop, Func<Task> body)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(async _ =>
        {
            try
            {
                await body();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }
}
