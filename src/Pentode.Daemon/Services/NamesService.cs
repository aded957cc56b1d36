using System.Globalization;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Names.Catalog;
using Pentode.Names.Exports;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Postgres;
using Pentode.Names.Stores.Sqlite;
using Pentode.Names.Tree;

namespace Pentode.Daemon.Services;

/// <summary>The names service: opens the store, brings its exports as trees, grants trees host by host, and does the store's housekeeping.</summary>
internal sealed class NamesService(NamesConfiguration configuration) : IDaemonService
{
    private static readonly TimeSpan s_housekeeping = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_statistics = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Volume> _volumes = [];
    private CatalogStore? _store;
    private HostExports? _hosts;
    private Task _housekeeping = Task.CompletedTask;
    private volatile CatalogStatistics? _statistics;

    /// <inheritdoc/>
    public IReadOnlyList<Volume> Volumes => _volumes;

    /// <inheritdoc/>
    public ITreeExports? HostExports => _hosts;

    /// <inheritdoc/>
    public IReadOnlyList<ServedExport> Exports =>
    [
        .. _volumes.Zip(configuration.Exports, (v, e) => new ServedExport(
            "names", v.Name, $"{_store!.Info.Engine} io={(e.Io == IoMode.Full ? "full" : "meta")}", v.IsReadOnly, 0, () => v.Operations, () => v.BytesRead, () => v.BytesWritten, () => v.Errors)),
    ];

    /// <inheritdoc/>
    public async Task<StartFailure?> StartAsync(ServiceContext context)
    {
        try
        {
            _store = configuration.Postgres is { } connection
                ? await PostgresCatalog.Open(connection, Options, context.Log, context.Stop).ConfigureAwait(false)
                : await SqliteCatalog.Open(configuration.Path!, Options, context.Log).ConfigureAwait(false);
        }
        catch (CatalogOpenException e)
        {
            return new StartFailure(ExitCode.CannotOpenExport, $"cannot open the names store: {e.Message}");
        }

        if (await NamesLayout.Prepare(_store).ConfigureAwait(false) is not Errno.None and var problem)
            return new StartFailure(ExitCode.CannotOpenExport, $"cannot fill the names store {_store.Info.Location}: {ErrnoText.Describe(problem)}");
        var shared = new SharedNamespace(_store, $"pentode {PentodeDaemon.Version} names");
        var wormhole = await NamesLayout.Resolve(_store, NamesLayout.Wormhole).ConfigureAwait(false);
        if (wormhole is { IsOk: true, Value.IsDirectory: true })
            shared.Wormhole = wormhole.Value.Number;
        foreach (var export in configuration.Exports)
        {
            var root = await NamesLayout.Resolve(_store, export.Path).ConfigureAwait(false);
            if (root is not { IsOk: true, Value.IsDirectory: true })
            {
                var why = root.IsOk ? Errno.ENOTDIR : root.Error;
                return new StartFailure(ExitCode.CannotOpenExport, $"cannot open {export.Path} of the namespace for export '{export.Name}': {ErrnoText.Describe(why)}");
            }

            _volumes.Add(Open(shared, export, root.Value.Number));
        }

        if (configuration.HostExports)
        {
            _hosts = new HostExports(shared, context.Log);
            await _hosts.StartAsync().ConfigureAwait(false);
        }

        context.Metrics.Gauge("pentode.names.objects", "Objects of the namespace.", () => _statistics?.Objects ?? 0);
        context.Metrics.Gauge("pentode.names.trash", "Removed files that can still be had back.", () => _statistics?.Trash ?? 0);
        context.Metrics.Gauge("pentode.names.reads", "Reads the store answered.", () => _statistics?.Reads ?? 0);
        context.Metrics.Gauge("pentode.names.changes", "Changes the store committed.", () => _statistics?.Changes ?? 0);
        context.Metrics.Gauge("pentode.names.commits", "Transactions of the store: one holds the changes that arrived together.", () => _statistics?.Commits ?? 0);
        _housekeeping = Task.Run(() => KeepHouse(_store, context));
        return null;
    }

    /// <inheritdoc/>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _housekeeping.ConfigureAwait(false);
        if (_hosts is not null)
            await _hosts.DisposeAsync().ConfigureAwait(false);
        if (_store is not null)
            await _store.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Does what an administrator asks.</summary>
    public Task<NamesAnswer> Ask(NamesRequest request) => new NamesAdministrator(_store!).Do(request);

    private CatalogOptions Options => new()
    {
        MaximumContent = configuration.InlineMaximum,
        MaximumTag = configuration.TagMaximum,
        TrashGrace = configuration.Grace,
        IsRelaxed = !configuration.IsDurable,
        OpenPatience = configuration.PostgresWait,
    };

    private static Volume Open(SharedNamespace shared, NamesExportConfiguration export, long root)
    {
        var view = new NamesTree(shared, new ViewOptions { Io = export.Io, Magic = export.Magic, OwnersSetIo = export.OwnersSetIo, RootInode = root });
        return new Volume(export.Name, view, new VolumeOptions
        {
            ReadOnly = export.ReadOnly,
            AllowDevices = true,
            SquashRoot = export.Squash == SquashKind.Root,
            SquashTo = export.Squash == SquashKind.All ? Credentials.Nobody : null,
        });
    }

    private async Task KeepHouse(CatalogStore store, ServiceContext context)
    {
        var last = DateTimeOffset.MinValue;
        var complained = Errno.None;
        using var timer = new PeriodicTimer(s_housekeeping);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                var more = await store.Maintain().ConfigureAwait(false);
                while (more is { IsOk: true, Value: true } && !_stop.IsCancellationRequested)
                    more = await store.Maintain().ConfigureAwait(false);
                if (!more.IsOk && more.Error != complained && context.Log.IsEnabled(LogLevel.Warning))
                    context.Log.Write(LogLevel.Warning, $"housekeeping of the names store {store.Info.Location}: {ErrnoText.Describe(more.Error)}");
                complained = more.IsOk ? Errno.None : more.Error;
                var now = TimeProvider.System.GetUtcNow();
                if (now - last < s_statistics)
                    continue;
                last = now;
                if (await store.GetStatistics().ConfigureAwait(false) is { IsOk: true } found)
                    _statistics = found.Value;
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
