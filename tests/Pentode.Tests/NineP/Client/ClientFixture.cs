using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.Linux;
using Pentode.NineP.Client;
using Pentode.NineP.Server;
using Pentode.Uring;
using Xunit;

namespace Pentode.Tests.NineP.Client;

/// <summary>A loop, a server of a tree in memory, and clients connected by socket pairs.</summary>
public abstract class ClientFixture(string engine) : IAsyncLifetime
{
    private readonly List<NinePClient> _clients = [];

    private protected IoLoop Loop { get; } = LoopFactory.Create(engine, new LoopOptions());

    private protected NinePServer Server { get; } =
        new([new NinePExport("/export", new Volume("t", new MemoryTree()))], new NinePServerOptions { LockHoldMs = 20_000 });

    public ValueTask InitializeAsync()
    {
        Loop.Start();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await OnLoop(async () =>
        {
            foreach (var client in _clients)
                await client.CloseAsync();
            return 0;
        });
        await Server.DrainAsync(TimeSpan.FromMilliseconds(500));
        await Loop.StopAsync();
    }

    /// <summary>Runs on the loop and gives the result, or the exception, back.</summary>
    private protected async Task<T> OnLoop<T>(Func<Task<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(_ => Run());
        return await done.Task.WaitAsync(TimeSpan.FromSeconds(60));

        async void Run()
        {
            try
            {
                done.SetResult(await work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }

    private protected Task OnLoop(Func<NinePClient, uint, Task> work, NinePClientOptions? options = null) => OnLoop(async () =>
    {
        var client = await ConnectAsync(options ?? new NinePClientOptions());
        var root = await client.Attach("", 0, "/export"u8);
        Assert.True(root.IsOk);
        await work(client, root.Value.Fid);
        return 0;
    });

    /// <summary>A connected client. On the loop.</summary>
    private protected async Task<NinePClient> ConnectAsync(NinePClientOptions options)
    {
        var (ours, theirs) = Sockets.Pair();
        Server.Serve(Loop, theirs, "test");
        var client = await NinePClient.StartAsync(Loop, ours, "test", options);
        Assert.True(client.IsOk, client.Error.ToString());
        _clients.Add(client.Value);
        return client.Value;
    }

    /// <summary>A new open file. On the loop.</summary>
    private protected static async Task<uint> CreateAsync(NinePClient client, uint root, string name)
    {
        var clone = (await client.Clone(root)).Value;
        var made = await client.Create(clone.Fid, System.Text.Encoding.UTF8.GetBytes(name), 2, 0x1A4, 0);
        Assert.Equal(Errno.None, made.Error);
        return clone.Fid;
    }
}
