using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Server;
using Pentode.Rings.Wire;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Rings;

/// <summary>A server on a thread of its own, with its socket in a directory of its own.</summary>
internal sealed class RingsHost : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Thread _thread;
    private readonly RingsServer _server;

    public RingsHost(Func<RingsServerOptions, RingsServerOptions>? with = null)
    {
        var options = new RingsServerOptions { SocketPath = _directory["s"] };
        options = with?.Invoke(options) ?? options;
        Options = options;
        var started = new TaskCompletionSource<RingsServer>();
        _thread = new Thread(() =>
        {
            var server = RingsServer.Start(options, out var failure);
            if (server is null)
            {
                started.SetException(new InvalidOperationException(failure!.Message));
                return;
            }

            started.SetResult(server);
            server.Run();
        }) { IsBackground = true };
        _thread.Start();
        _server = started.Task.GetAwaiter().GetResult();
    }

    public RingsServerOptions Options { get; }

    public RingsServer Server => _server;

    public RingsStats Stats => _server.Stats;

    public string Path => Options.SocketPath;

    public string this[string name] => _directory[name];

    public RawRings Connect() => new(Path);

    /// <summary>A connection that shook hands.</summary>
    public RawRings Join()
    {
        var client = Connect();
        client.Greet();
        return client;
    }

    /// <summary>A connection, not yet greeted, of another user; needs root. The socket and its directory must let him in: see <see cref="LetAllIn"/>.</summary>
    public RawRings ConnectAs(uint uid, uint gid, params uint[] groups)
    {
        LetAllIn();
        Assert.Equal(Errno.None, ThreadIdentity.Become(uid, gid, groups));
        try
        {
            return new RawRings(Path);
        }
        finally
        {
            ThreadIdentity.Return();
        }
    }

    /// <summary>The same, greeted.</summary>
    public RawRings JoinAs(uint uid, uint gid, params uint[] groups)
    {
        var client = ConnectAs(uid, gid, groups);
        client.Greet();
        return client;
    }

    /// <summary>Opens the directory and the socket to every user.</summary>
    public void LetAllIn()
    {
        const UnixFileMode all = (UnixFileMode)0x1FF;
        File.SetUnixFileMode(_directory.Path, all);
        File.SetUnixFileMode(Path, all);
    }

    /// <summary>Waits, bounded, until the server reports it.</summary>
    public void Await(Func<RingsStats, bool> condition)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!condition(_server.Stats))
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), $"still {_server.Stats}");
            Thread.Sleep(2);
        }
    }

    public void Dispose()
    {
        _server.Stop();
        var isEnded = _thread.Join(TimeSpan.FromSeconds(20));
        _directory.Dispose();
        Assert.True(isEnded, "the server does not end");
    }
}
