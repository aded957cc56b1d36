using Pentode.Uring;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>The loops of a client command; stopped when disposed.</summary>
internal sealed class ClientLoops : IAsyncDisposable
{
    private readonly List<IoLoop> _loops = [];

    private ClientLoops()
    {
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<IoLoop> All => _loops;

    /// <summary>Starts <paramref name="count"/> loops of an engine; null after saying why that one cannot run here.</summary>
    public static async Task<ClientLoops?> StartAsync(string engine, int count)
    {
        var loops = new ClientLoops();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var loop = LoopFactory.Create(engine, new LoopOptions { Name = $"client-{i}", WorkerThreads = 2 });
                loop.Start();
                loops._loops.Add(loop);
            }

            return loops;
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync($"pentode: {e.Message}; try --engine portable").ConfigureAwait(false);
            await loops.DisposeAsync().ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Runs an asynchronous body on a loop and returns its result to any other thread.</summary>
    public static Task<T> RunAsync<T>(IoLoop loop, Func<Task<T>> body)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ => Start(body, done));
        return done.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops)
            await loop.StopAsync().ConfigureAwait(false);
    }

    private static async void Start<T>(Func<Task<T>> body, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(await body());
        }
#pragma warning disable CA1031 // a bug goes to whoever waits, not into the loop
        catch (Exception e)
#pragma warning restore CA1031
        {
            done.SetException(e);
        }
    }
}
