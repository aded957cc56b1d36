using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Names.Catalog;
using Pentode.Names.Tree;

namespace Pentode.Names.Exports;

/// <summary>
/// The export files inside a namespace, in force: read at the start and again shortly after any of them changed. A table with a problem is logged
/// and not taken, the one before stays. Thread safe.
/// </summary>
public sealed class HostExports : ITreeExports, IAsyncDisposable
{
    private const int FirstId = 0x8000;
    private const int Ids = 0x8000;
    private const string Trusted = "trusted";
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_foreignChanges = TimeSpan.FromSeconds(2);

    private readonly SharedNamespace _shared;
    private readonly ILog _log;
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ViewKey, Volume> _volumes = new();
    private Task _work = Task.CompletedTask;
    private volatile Table _table = new(ExportTable.Empty, new Dictionary<string, Place>(StringComparer.Ordinal), 0);
    private volatile HashSet<long> _watched = [];
    private ExportFiles? _files;
    private string _said = "";

    /// <summary>A table that denies everything until <see cref="StartAsync"/>.</summary>
    public HostExports(SharedNamespace shared, ILog log)
    {
        _shared = shared;
        _log = log;
    }

    /// <inheritdoc/>
    public long Version => _table.Version;

    /// <inheritdoc/>
    public IReadOnlyList<(string Path, IReadOnlyList<string> Hosts)> Listing
    {
        get
        {
            var table = _table;
            return [.. table.Hosts.Lines.GroupBy(l => l.MountPoint, StringComparer.Ordinal).Select(g => (g.Key, table.Hosts.HostsOf(g.Key)))];
        }
    }

    /// <summary>Reads the files once and watches them from then on.</summary>
    public async Task StartAsync()
    {
        _shared.Changed += OnChanged;
        await Reload().ConfigureAwait(false);
        _work = Task.Run(Watch);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TreeGrant> For(IPAddress client)
    {
        var table = _table;
        var lines = table.Hosts.For(client);
        if (lines.Count == 0)
            return [];
        var isTrusted = table.Hosts.IsTrusted(client);
        var grants = new List<TreeGrant>(lines.Count);
        foreach (var line in lines)
        {
            var place = table.Places[line.MountPoint + "\n" + line.Path];
            var squash = line.Squash == ExportSquash.Default ? isTrusted ? ExportSquash.None : ExportSquash.Root : line.Squash;
            var volume = _volumes.GetOrAdd(new ViewKey(place.Root, line.Io, line.ReadOnly, squash), Open, (_shared, line.MountPoint));
            grants.Add(new TreeGrant(line.MountPoint, place.Id, volume, line.NeedsPrivilegedPort));
        }

        return grants;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _shared.Changed -= OnChanged;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        foreach (var volume in _volumes.Values)
            await volume.DisposeAsync().ConfigureAwait(false);
        _signal.Dispose();
        _stop.Dispose();
    }

    private static Volume Open(ViewKey key, (SharedNamespace Shared, string Name) of)
    {
        var view = new NamesTree(of.Shared, new ViewOptions { Io = key.Io, RootInode = key.Root });
        return new Volume(of.Name, view, new VolumeOptions
        {
            ReadOnly = key.ReadOnly,
            AllowDevices = true,
            SquashRoot = key.Squash == ExportSquash.Root,
            SquashTo = key.Squash == ExportSquash.All ? Credentials.Nobody : null,
        });
    }

    private void OnChanged(long number)
    {
        if (_watched.Contains(number) && _signal.CurrentCount == 0)
            _signal.Release();
    }

    private async Task Watch()
    {
        // Other daemons of a shared database change files too and tell nobody here.
        var patience = _shared.Store.Info.Engine == "sqlite" ? Timeout.InfiniteTimeSpan : s_foreignChanges;
        try
        {
            while (true)
            {
                await _signal.WaitAsync(patience, _stop.Token).ConfigureAwait(false);

                // An editor changes a file in several steps: the table is read when it has been left alone for a moment.
                while (await _signal.WaitAsync(s_quiet, _stop.Token).ConfigureAwait(false))
                {
                }

                await Reload().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task Reload()
    {
        var problems = new List<string>();
        var read = await ReadFiles().ConfigureAwait(false);
        if (!read.IsOk)
        {
            // Away for a moment, or removed: what was in force stays so.
            Say($"cannot read {NamesLayout.Exports}: {read.Error}; the exports stay as they are");
            return;
        }

        var hosts = ExportTable.Build(read.Value.Files, read.Value.Trusted, problems);
        var places = new Dictionary<string, Place>(StringComparer.Ordinal);
        foreach (var line in hosts?.Lines ?? [])
        {
            var key = line.MountPoint + "\n" + line.Path;
            if (places.ContainsKey(key))
                continue;
            var root = await NamesLayout.Resolve(_shared.Store, line.Path).ConfigureAwait(false);
            if (root is not { IsOk: true, Value.IsDirectory: true })
                problems.Add($"'{line.Path}', exported as {line.MountPoint}, is no directory of the namespace");
            else if (await IdOf(line.MountPoint).ConfigureAwait(false) is { } id)
                places[key] = new Place(root.Value.Number, id);
            else
                problems.Add($"no number is left for a file handle of {line.MountPoint}");
        }

        if (hosts is null || problems.Count > 0)
        {
            Say($"{NamesLayout.Exports} is not taken, the exports stay as they are: {string.Join("; ", problems)}");
            return;
        }

        _said = "";

        // The poll of a shared database finds mostly what is in force already.
        if (read.Value.IsSame(_files) && places.Count == _table.Places.Count && !places.Except(_table.Places).Any())
            return;
        var isFirst = _table.Version == 0;
        _table = new Table(hosts, places, _table.Version + 1);
        _files = read.Value;
        if (!isFirst && _log.IsEnabled(LogLevel.Info))
            _log.Write(LogLevel.Info, $"{NamesLayout.Exports} is read again");
    }

    // A poll must not repeat itself.
    private void Say(string message)
    {
        if (message == _said)
            return;
        _said = message;
        _log.Write(LogLevel.Error, message);
    }

    /// <summary>Numbers in file handles are given out once for each mount point and kept in the store.</summary>
    private async ValueTask<ushort?> IdOf(string mountPoint)
    {
        var wanted = Encoding.UTF8.GetBytes(mountPoint);
        var hash = 2166136261u;
        foreach (var b in wanted)
            hash = (hash ^ b) * 16777619;
        for (var i = 0; i < Ids; i++)
        {
            var id = FirstId + (int)((hash + (uint)i) % Ids);
            var key = $"export.{id}";
            var made = await _shared.Store.SetMeta(key, wanted, isNew: true).ConfigureAwait(false);
            if (made == Errno.None)
                return (ushort)id;
            if (made != Errno.EEXIST)
                return null;
            var owner = await _shared.Store.GetMeta(key).ConfigureAwait(false);
            if (owner is { IsOk: true, Value: { } known } && known.AsSpan().SequenceEqual(wanted))
                return (ushort)id;
        }

        return null;
    }

    private async ValueTask<Result<ExportFiles>> ReadFiles()
    {
        var watched = new HashSet<long>();
        var directory = await NamesLayout.Resolve(_shared.Store, NamesLayout.Exports).ConfigureAwait(false);
        if (!directory.IsOk)
            return directory.Error;
        var files = await ReadDirectory(directory.Value.Number, watched).ConfigureAwait(false);
        if (!files.IsOk)
            return files.Error;
        var trust = await _shared.Store.Lookup(directory.Value.Number, Encoding.ASCII.GetBytes(Trusted)).ConfigureAwait(false);
        var trusted = trust.IsOk ? await ReadDirectory(trust.Value.Number, watched).ConfigureAwait(false) : new List<(string Name, byte[] Content)>();
        if (!trusted.IsOk)
            return trusted.Error;
        _watched = watched;
        return new ExportFiles(files.Value, trusted.Value);
    }

    private async ValueTask<Result<List<(string Name, byte[] Content)>>> ReadDirectory(long number, HashSet<long> watched)
    {
        watched.Add(number);
        var files = new List<(string Name, byte[] Content)>();
        for (var after = 0L; ;)
        {
            var page = await _shared.Store.List(number, after, CatalogLimits.Page).ConfigureAwait(false);
            if (!page.IsOk)
                return page.Error;
            foreach (var entry in page.Value.Entries)
            {
                after = entry.Cookie;
                if (!entry.Inode.IsRegular || files.Count > ExportTable.MaximumFiles)
                    continue;
                watched.Add(entry.Inode.Number);
                var content = new byte[(int)Math.Min(entry.Inode.Size, ExportLineParser.MaximumBytes + 1)];
                var read = await _shared.Store.Read(entry.Inode.Number, 0, 0, content).ConfigureAwait(false);
                if (!read.IsOk)
                    return read.Error;
                files.Add((Encoding.UTF8.GetString(entry.Name), content[..read.Value]));
            }

            if (page.Value.IsLast)
                return files;
        }
    }

    private sealed record Table(ExportTable Hosts, IReadOnlyDictionary<string, Place> Places, long Version);

    private sealed record ExportFiles(List<(string Name, byte[] Content)> Files, List<(string Name, byte[] Content)> Trusted)
    {
        public bool IsSame(ExportFiles? other) => other is not null && IsSame(Files, other.Files) && IsSame(Trusted, other.Trusted);

        private static bool IsSame(List<(string Name, byte[] Content)> one, List<(string Name, byte[] Content)> other) =>
            one.Count == other.Count && one.Zip(other).All(p => p.First.Name == p.Second.Name && p.First.Content.AsSpan().SequenceEqual(p.Second.Content));
    }

    private readonly record struct Place(long Root, ushort Id);

    private readonly record struct ViewKey(long Root, IoMode Io, bool ReadOnly, ExportSquash Squash);
}
