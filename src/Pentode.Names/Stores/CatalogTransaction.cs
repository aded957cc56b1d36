using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>
/// The open transaction of a session, with what it has seen of inodes, entries and quotas: changes of one row by many jobs of a group become one statement at
/// <see cref="Flush"/>. Read-only sessions use the same class for their snapshots. Used by the session's thread only.
/// </summary>
internal sealed class CatalogTransaction
{
    private const int NumberBlock = 4096;

    private readonly Dictionary<long, CatalogInode?> _inodes = [];
    private readonly HashSet<long> _dirty = [];
    private readonly HashSet<long> _inserted = [];
    private readonly Dictionary<NameKey, CatalogLink?> _entries = [];
    private readonly List<CatalogName> _insertedEntries = [];
    private readonly Dictionary<long, CatalogQuota?> _quotas = [];
    private readonly HashSet<long> _dirtyQuotas = [];
    private readonly List<CatalogEvent> _events = [];
    private readonly Dictionary<NameKey, CatalogCall?> _calls = [];
    private readonly Dictionary<NameKey, CatalogCall> _newCalls = [];
    private readonly bool _isWriter;
    private long _objects;
    private long _bytes;
    private long _trash;
    private long _nextNumber;
    private long _endNumber;

    public CatalogTransaction(IRowSession session, CatalogShared shared, ushort storeNumber, bool isWriter)
    {
        Session = session;
        Shared = shared;
        StoreNumber = storeNumber;
        _isWriter = isWriter;
    }

    public IRowSession Session { get; }

    public CatalogShared Shared { get; }

    public CatalogOptions Options => Shared.Options;

    public ushort StoreNumber { get; }

    /// <summary>Grows with every change.</summary>
    public long Changes { get; private set; }

    /// <summary>True when <see cref="Flush"/> wrote events.</summary>
    public bool HasNews { get; private set; }

    public RowCommand Query(string sql)
    {
        FlushInserts();
        return Session.Command(sql);
    }

    /// <summary>A statement that changes rows this class does not remember.</summary>
    public RowCommand Change(string sql)
    {
        Changes++;
        return Query(sql);
    }

    public long Now() => Shared.Now();

    /// <summary>A number never given before.</summary>
    public long NextNumber()
    {
        if (_nextNumber == _endNumber)
        {
            Changes++;
            _nextNumber = Session.ReserveNumbers(NumberBlock);
            _endNumber = _nextNumber + NumberBlock;
        }

        return _nextNumber++;
    }

    /// <summary>Numbers below that one are never given any more.</summary>
    public void SkipNumbers(long first)
    {
        Changes++;
        Session.SkipNumbers(first);
        _nextNumber = _endNumber = 0;
    }

    public CatalogPid NextPid() => CatalogPid.Create(StoreNumber, Options.Clock.GetUtcNow());

    /// <summary>The row of an object, or null.</summary>
    public CatalogInode? Inode(long number)
    {
        if (_inodes.TryGetValue(number, out var inode))
            return inode;
        inode = Query($"SELECT {InodeRow.Columns} FROM inode i WHERE i.ino = $1{(_isWriter ? Session.ForUpdate : "")}").Add(number).First(static r => InodeRow.Read(r));
        _inodes.Add(number, inode);
        return inode;
    }

    /// <summary>An object with a name, or held; else ESTALE.</summary>
    public Result<CatalogInode> Live(long number) =>
        Inode(number) is { } inode && IsLive(inode) ? inode : Errno.ESTALE;

    /// <summary>Has an object a name, or is it held?</summary>
    public bool IsLive(CatalogInode inode) => inode.LinkCount > 0 || Shared.IsHeld(inode.Number);

    /// <summary>Remembers what a query found, unless it is known already.</summary>
    public void Remember(CatalogInode inode) => _inodes.TryAdd(inode.Number, inode);

    /// <summary>Remembers that an entry is there, or that none is.</summary>
    public void Remember(long parent, byte[] name, CatalogLink? link) => _entries.TryAdd(new NameKey(parent, name), link);

    public void Insert(CatalogInode inode)
    {
        Changes++;
        _inodes[inode.Number] = inode;
        _inserted.Add(inode.Number);
    }

    public void Update(CatalogInode inode)
    {
        Changes++;
        _inodes[inode.Number] = inode;
        if (!_inserted.Contains(inode.Number))
            _dirty.Add(inode.Number);
    }

    /// <summary>Deletes the row and everything that hangs on it.</summary>
    public void Delete(long number)
    {
        Changes++;
        FlushInserts();
        _inodes[number] = null;
        _dirty.Remove(number);
        _quotas.Remove(number);
        _dirtyQuotas.Remove(number);
        Session.Command("DELETE FROM inode WHERE ino = $1").Add(number).Queue();
    }

    /// <summary>What a name stands for, or null.</summary>
    public CatalogLink? Entry(long parent, byte[] name)
    {
        var key = new NameKey(parent, name);
        if (_entries.TryGetValue(key, out var link))
            return link;
        link = Query("SELECT child, cookie FROM dirent WHERE parent = $1 AND name = $2").Add(parent).Add(name).First(static r => new CatalogLink(r.Int64(0), r.Int64(1)));
        _entries.Add(key, link);
        return link;
    }

    public void InsertEntry(long parent, byte[] name, CatalogLink link)
    {
        Changes++;
        _entries[new NameKey(parent, name)] = link;
        _insertedEntries.Add(new CatalogName(parent, name));
    }

    public void DeleteEntry(long parent, byte[] name)
    {
        Changes++;
        FlushInserts();
        _entries[new NameKey(parent, name)] = null;
        Session.Command("DELETE FROM dirent WHERE parent = $1 AND name = $2").Add(parent).Add(name).Queue();
    }

    /// <summary>The quota set on a directory, or null.</summary>
    public CatalogQuota? Quota(long directory)
    {
        if (_quotas.TryGetValue(directory, out var quota))
            return quota;
        quota = Query($"SELECT dir, maxfiles, maxbytes, files, bytes FROM quota WHERE dir = $1{(_isWriter ? Session.ForUpdate : "")}").Add(directory)
            .First(static r => new CatalogQuota(r.Int64(0), r.Int64(1), r.Int64(2), r.Int64(3), r.Int64(4)));
        _quotas.Add(directory, quota);
        return quota;
    }

    /// <summary>What is kept of a call, when it was done not too long ago.</summary>
    public CatalogCall? Call(byte[] key)
    {
        if (!_calls.TryGetValue(new NameKey(0, key), out var call))
        {
            call = Query("SELECT k, t, step, ino FROM request WHERE k = $1").Add(key).First(static r => new CatalogCall(r.Bytes(0), r.Int64(1), (int)r.Int64(2), r.Int64(3)));
            RememberCall(key, call);
        }

        return call is null || call.Time < Shared.Oldest(Options.RequestAge) ? null : call;
    }

    /// <summary>Remembers what a query found of a call.</summary>
    public void RememberCall(byte[] key, CatalogCall? call) => _calls.TryAdd(new NameKey(0, key), call);

    /// <summary>Keeps a call that was done, with this transaction.</summary>
    public void Remember(CatalogCall call)
    {
        var key = new NameKey(0, call.Key);
        if (_calls.TryGetValue(key, out var known) && known is not null && !_newCalls.ContainsKey(key))
            Change("UPDATE request SET t = $2, step = $3, ino = $4 WHERE k = $1").Add(call.Key).Add(call.Time).Add(call.Step).Add(call.Number).Queue();
        else
            _newCalls[key] = call;
        _calls[key] = call;
        Changes++;
    }

    /// <summary>EDQUOT when a tree has no room for that much more.</summary>
    public Errno CheckQuota(long tree, long files, long bytes)
    {
        if (tree == 0 || Quota(tree) is not { } quota)
            return Errno.None;
        var isTooMuch = (files > 0 && quota.MaximumFiles > 0 && quota.Files + files > quota.MaximumFiles) ||
            (bytes > 0 && quota.MaximumBytes > 0 && quota.Bytes + bytes > quota.MaximumBytes);
        return isTooMuch ? Errno.EDQUOT : Errno.None;
    }

    /// <summary>Counts objects with names and their recorded bytes, in all and against a tree.</summary>
    public void Count(long tree, long files, long bytes)
    {
        Changes++;
        _objects += files;
        _bytes += bytes;
        CountAgainst(tree, files, bytes);
    }

    /// <summary>Counts against a tree only.</summary>
    public void CountAgainst(long tree, long files, long bytes)
    {
        if (tree != 0 && Quota(tree) is { } quota)
        {
            Changes++;
            _quotas[tree] = quota with { Files = quota.Files + files, Bytes = quota.Bytes + bytes };
            _dirtyQuotas.Add(tree);
        }
    }

    public void CountTrash(long files)
    {
        Changes++;
        _trash += files;
    }

    public void Emit(CatalogEventKind kind, CatalogInode about, CatalogPid parent, byte[] name, Credentials? who, byte[]? info = null)
    {
        var item = new CatalogEvent(0, Now(), kind, about.Pid, parent, name, who?.Uid ?? 0, info ?? []);
        if (kind is CatalogEventKind.Content && _events.Count > 0 && _events[^1] is var last && last.Kind == kind && last.Pid == item.Pid && last.Info.AsSpan().SequenceEqual(item.Info))
            _events[^1] = item;
        else
            _events.Add(item);
    }

    public void Emit(CatalogEventKind kind, CatalogInode about, Credentials? who, byte[]? info = null) => Emit(kind, about, about.Pid, [], who, info);

    /// <summary>Writes what was collected: before commit, and before queries over inodes or quotas.</summary>
    public void Flush()
    {
        FlushInserts();
        foreach (var number in _dirty)
            InodeRow.Update(Session, _inodes[number]!);
        _dirty.Clear();
        foreach (var directory in _dirtyQuotas)
            Session.Command("UPDATE quota SET files = $2, bytes = $3 WHERE dir = $1").Add(directory).Add(_quotas[directory]!.Files).Add(_quotas[directory]!.Bytes).Queue();
        _dirtyQuotas.Clear();
        if (_objects != 0 || _bytes != 0 || _trash != 0)
            Session.Command("UPDATE totals SET objects = objects + $1, bytes = bytes + $2, trash = trash + $3").Add(_objects).Add(_bytes).Add(_trash).Queue();
        _objects = _bytes = _trash = 0;
    }

    /// <summary>The last statements of a transaction.</summary>
    public void Finish()
    {
        Flush();
        if (_newCalls.Count > 0)
            Session.AddCalls(_newCalls.Values);
        HasNews = _events.Count > 0;
        if (HasNews)
            Session.AddEvents(_events);
    }

    /// <summary>Forgets everything, after a commit or (<paramref name="isRolledBack"/>) instead of one.</summary>
    public void Reset(bool isRolledBack)
    {
        _inodes.Clear();
        _dirty.Clear();
        _inserted.Clear();
        _entries.Clear();
        _insertedEntries.Clear();
        _quotas.Clear();
        _dirtyQuotas.Clear();
        _events.Clear();
        _calls.Clear();
        _newCalls.Clear();
        _objects = _bytes = _trash = 0;
        HasNews = false;
        if (isRolledBack)
            _nextNumber = _endNumber = 0;
    }

    /// <summary>New rows are written together, each as it is by then: at the latest before the next other statement.</summary>
    private void FlushInserts()
    {
        if (_inserted.Count > 0)
            Session.AddInodes([.. _inserted.Select(number => _inodes[number]!)]);
        _inserted.Clear();
        if (_insertedEntries.Count > 0)
            Session.AddEntries(_insertedEntries.ConvertAll(name => (name, _entries[new NameKey(name.Parent, name.Name)]!)));
        _insertedEntries.Clear();
    }

    /// <summary>Forgets what it remembers of inodes and quotas, after statements that changed many.</summary>
    public void Forget()
    {
        Flush();
        _inodes.Clear();
        _quotas.Clear();
    }
}
