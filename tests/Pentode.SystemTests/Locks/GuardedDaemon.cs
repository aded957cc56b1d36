using System.Diagnostics;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.SystemTests.Locks;

/// <summary>A daemon with short session times whose export has a lock, and what its log tells of its turns.</summary>
internal sealed class GuardedDaemon : IDisposable
{
    private GuardedDaemon(PentodeProcess process)
    {
        Process = process;
    }

    internal static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    internal PentodeProcess Process { get; }

    /// <summary>How often it got the right to write.</summary>
    internal int Turns => Count("takes writes");

    /// <summary>How often it lost it.</summary>
    internal int Losses => Count("refuses writes");

    internal static GuardedDaemon Start(TemporaryDirectory directory, EtcdCluster etcd, string node, string more, string exports)
    {
        var file = directory[$"{node}.yaml"];
        File.WriteAllText(file, $$"""
            control: {socket: {{directory[node + ".sock"]}}}
            locks:
              store: etcd
              etcd: {endpoints: "{{etcd.Endpoints[0]}}"}
              node: {{node}}{{Path.GetFileName(directory.Path)[^6..]}}
              heartbeat: 200ms
              hold: 2s
              dead: 3s
              kill_grace: 500ms
              {{more}}
            {{exports}}
            """);
        return new GuardedDaemon(PentodeProcess.Start("serve", file));
    }

    internal void Signal(string signal) => Tool.Ok(10, "kill", $"-{signal}", $"{Process.Id}");

    internal int Terminate() => Process.Terminate();

    internal async Task Until(Func<GuardedDaemon, bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition(this))
        {
            Assert.True(clock.Elapsed < Patience, Process.Errors);
            await Task.Delay(50);
        }
    }

    internal static async Task<T> OnLoop<T>(IoLoop loop, Func<Task<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(async _ =>
        {
            try
            {
                done.SetResult(await work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return await done.Task.WaitAsync(Patience);
    }

    public void Dispose() => Process.Dispose();

    private int Count(string words) => Process.Errors.Split(words).Length - 1;
}
