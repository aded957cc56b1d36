using Pentode.Core.Diagnostics;
using Pentode.Locks.Stores.Etcd.Wire;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>
/// Watches one key for ever: a stream to one member, reopened at the last revision + 1 on another when it ends, falls silent or is cancelled;
/// after a compaction it starts again from now. Every reopening is told as "broken", since events are only hints.
/// </summary>
internal sealed class EtcdWatch : IDisposable
{
    private const int SilentPeriods = 3;
    private const int RetryMs = 100;

    private readonly EtcdClient _client;
    private readonly StoreKey _key;
    private readonly IStoreWatcher _watcher;
    private readonly ILog _log;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private bool _disposed;
    private long _next;

    /// <summary>Starts watching in the background.</summary>
    public EtcdWatch(EtcdClient client, StoreKey key, IStoreWatcher watcher, ILog log)
    {
        _client = client;
        _key = key;
        _watcher = watcher;
        _log = log;
        _ = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Waits for a call of the watcher that is running on another thread: none starts after this.
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _end.Cancel();
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var problem = "";
            try
            {
                var (stream, endpoint, refused) = await _client.OpenStreamAsync(EtcdPaths.Watch, _end.Token).ConfigureAwait(false);
                problem = refused;
                if (stream is not null)
                {
                    using (stream)
                        problem = await FollowAsync(stream).ConfigureAwait(false);
                    if (!_end.IsCancellationRequested)
                        _client.Leave(endpoint!);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or InvalidOperationException)
            {
                problem = e.Message;
            }

            if (_end.IsCancellationRequested)
                break;
            if (_log.IsEnabled(LogLevel.Debug))
                _log.Write(LogLevel.Debug, $"watch of {_key} is opened again: {problem}");
            await Task.Delay(RetryMs, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _end.Dispose();
    }

    /// <summary>One stream from its creation to its end; gives the cause of the end.</summary>
    private async Task<string> FollowAsync(GrpcStream stream)
    {
        var writer = new ProtoWriter();
        new WatchCreateRequest(_key.Array, [], _next, ProgressNotify: true).Write(writer);
        await stream.SendAsync(writer.ToArray(), _end.Token).ConfigureAwait(false);
        var problem = "ended by the member";
        var silent = 0;
        Task<byte[]?>? pending = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        while (true)
        {
            pending ??= stream.ReceiveAsync(r => problem = r.Message, limit.Token);
            var alive = await Task.WhenAny(pending, Task.Delay(_client.Options.WatchProgressMs, _end.Token)).ConfigureAwait(false) == pending;
            if (!alive)
            {
                if (_end.IsCancellationRequested || ++silent > SilentPeriods)
                {
                    await limit.CancelAsync().ConfigureAwait(false);
                    await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return "silent";
                }

                await stream.SendAsync(WatchCreateRequest.Progress, limit.Token).ConfigureAwait(false);
                continue;
            }

            silent = 0;
            if (await pending.ConfigureAwait(false) is not { } message)
            {
                if (problem.Contains("token", StringComparison.Ordinal))
                    _client.ForgetToken();
                return problem;
            }

            pending = null;
            if (WatchResponse.Read(message) is not { } response)
                return "an answer that does not decode";
            if (response.CompactRevision > 0)
                _next = 0;
            if (response.Canceled || response.CompactRevision > 0)
                return response.Reason.Length > 0 ? response.Reason : "cancelled";
            Deliver(response);
        }
    }

    private void Deliver(WatchResponse response)
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            if (response.Created)
            {
                // Only a watch "from now" starts behind the current revision; a resumed one still has to deliver what is before it.
                if (_next == 0)
                    _next = response.Header.Revision + 1;
                _watcher.OnBroken();
            }

            foreach (var change in response.Events)
            {
                _next = Math.Max(_next, change.Pair.ModRevision + 1);
                if (!change.IsDelete)
                    _watcher.OnChanged(new StoreEntry(_key, change.Pair.Value, change.Pair.ModRevision));
            }
        }
    }
}
