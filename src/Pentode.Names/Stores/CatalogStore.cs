using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>The catalog on a database: the rules are here and in the classes beside, the engine below only moves rows.</summary>
public sealed partial class CatalogStore : ICatalogStore
{
    private readonly ICatalogEngine _engine;
    private readonly CallsBefore _before;

    internal CatalogStore(ICatalogEngine engine, CallsBefore before)
    {
        _engine = engine;
        _before = before;
    }

    /// <inheritdoc/>
    public CatalogInfo Info => _engine.Info;

    /// <inheritdoc/>
    public CatalogOptions Options => _engine.Shared.Options;

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> Get(long number) => _engine.Read(tx => tx.Live(number));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> Find(CatalogPid pid) => _engine.Read(tx => ObjectQueries.Find(tx, pid));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> Lookup(long parent, ReadOnlyMemory<byte> name)
    {
        var error = CheckName(name.Span, out var bytes);
        return error == Errno.None ? _engine.Read(tx => ObjectQueries.Lookup(tx, parent, bytes)) : new(error);
    }

    /// <inheritdoc/>
    public ValueTask<Result<CatalogStep>> Step(long parent, ReadOnlyMemory<byte> name)
    {
        var error = CheckName(name.Span, out var bytes);
        return error == Errno.None ? _engine.Read(tx => ObjectQueries.Step(tx, parent, bytes)) : new(error);
    }

    /// <inheritdoc/>
    public ValueTask<Result<CatalogPage>> List(long parent, long after, int limit) => _engine.Read(tx => ObjectQueries.List(tx, parent, after, limit));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogName>>> Names(long number, int limit) => _engine.Read(tx => ObjectQueries.Names(tx, number, limit));

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> PathOf(long number) => _engine.Read(tx => ObjectQueries.PathOf(tx, number));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogInode>>> Ancestors(long number) => _engine.Read(tx => ObjectQueries.Ancestors(tx, number));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> Create(CatalogRequest by, long parent, ReadOnlyMemory<byte> name, NewObject what)
    {
        var error = CheckName(name.Span, out var bytes);
        if (error == Errno.None && (what.Mode & 0xF000) == 0xA000)
            error = what.Target.Length is 0 ? Errno.ENOENT : what.Target.Length > CatalogLimits.Target ? Errno.ENAMETOOLONG : Errno.None;
        if (error == Errno.None && (what.Mode & 0xF000) is not (0 or 0x1000 or 0x2000 or 0x4000 or 0x6000 or 0x8000 or 0xA000 or 0xC000))
            error = Errno.EINVAL;
        return error == Errno.None
            ? Change(by, tx => ObjectChanges.Create(tx, by.Who, parent, bytes, what), static i => i.Number, (tx, number) => Made(tx, number, what), CatalogHint.Of(parent, bytes))
            : new(error);
    }

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> Link(CatalogRequest by, long number, long parent, ReadOnlyMemory<byte> name)
    {
        var error = CheckName(name.Span, out var bytes);
        var hint = new CatalogHint([number, parent], [new CatalogName(parent, bytes)]);
        return error == Errno.None ? Change(by, tx => ObjectChanges.AddLink(tx, by.Who, number, parent, bytes), static i => i.Number, Again, hint) : new(error);
    }

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> Remove(CatalogRequest by, long parent, ReadOnlyMemory<byte> name)
    {
        var error = CheckName(name.Span, out var bytes);
        return error == Errno.None
            ? Change(by, tx => ObjectChanges.Remove(tx, by.Who, parent, bytes), static i => i.Number, AgainGone, CatalogHint.Of(parent, bytes))
            : new(error);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveDirectory(CatalogRequest by, long parent, ReadOnlyMemory<byte> name)
    {
        var error = CheckName(name.Span, out var bytes);
        return error == Errno.None ? Change(by, tx => ObjectChanges.RemoveDirectory(tx, by.Who, parent, bytes), CatalogHint.Of(parent, bytes)) : new(error);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Rename(CatalogRequest by, long parent, ReadOnlyMemory<byte> name, long newParent, ReadOnlyMemory<byte> newName)
    {
        var error = CheckName(name.Span, out var from);
        var error2 = CheckName(newName.Span, out var to);
        if (error != Errno.None || error2 != Errno.None)
            return new(error != Errno.None ? error : error2);
        var hint = new CatalogHint([parent, newParent], [new CatalogName(parent, from), new CatalogName(newParent, to)]);
        return Change(by, tx => RenameChange.Rename(tx, by.Who, parent, from, newParent, to), hint);
    }

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> SetAttributes(CatalogRequest by, long number, AttributeChange change, long? guard, bool isOpen) =>
        Change(by, tx => AttributeChanges.Set(tx, by.Who, number, change, guard, isOpen), static i => i.Number, Again, CatalogHint.Of(number));

    /// <inheritdoc/>
    public bool WasCalled(ReadOnlySpan<byte> key) => _before.Contains(key);

    /// <inheritdoc/>
    public void Hold(long number) => _engine.Shared.Hold(number);

    /// <inheritdoc/>
    public async ValueTask Release(long number)
    {
        if (!_engine.Shared.Release(number))
            return;
        var inode = await _engine.Read(tx => tx.Inode(number) is { } row ? row : (Result<CatalogInode>)Errno.ESTALE).ConfigureAwait(false);
        if (inode.IsOk && inode.Value.LinkCount == 0)
            await Change(default, tx => FeedChanges.EndHeld(tx, number), CatalogHint.Of(number)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<Result<CatalogStatistics>> GetStatistics() => _engine.Read(tx =>
    {
        var totals = tx.Query("SELECT objects, bytes, trash FROM totals").First(static r => (Objects: r.Int64(0), Bytes: r.Int64(1), Trash: r.Int64(2)));
        var last = FeedQueries.LastEvent(tx);
        var (stored, free) = _engine.Space(tx);
        var (commits, changes, reads) = _engine.Work;
        return (Result<CatalogStatistics>)new CatalogStatistics(totals.Objects, totals.Bytes, stored, free, totals.Trash, last, reads, changes, commits);
    });

    /// <inheritdoc/>
    public ValueTask<Result<byte[]?>> GetMeta(string key) =>
        _engine.Read(tx => (Result<byte[]?>)tx.Query("SELECT v FROM meta WHERE k = $1").Add("user:" + key).First(static r => r.Bytes(0)));

    /// <inheritdoc/>
    public ValueTask<Errno> SetMeta(string key, ReadOnlyMemory<byte>? value, bool isNew)
    {
        if (key.Length is 0 or > 255)
            return new(Errno.EINVAL);
        var name = "user:" + key;
        return Change(default, tx =>
        {
            if (value is not { } bytes)
                tx.Change("DELETE FROM meta WHERE k = $1").Add(name).Queue();
            else if (!isNew)
                tx.Change("INSERT INTO meta(k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v").Add(name).Add(bytes.ToArray()).Queue();
            else if (tx.Query("INSERT INTO meta(k, v) VALUES ($1, $2) ON CONFLICT (k) DO NOTHING").Add(name).Add(bytes.ToArray()).Run() == 0)
                return Errno.EEXIST;
            return Errno.None;
        });
    }

    /// <inheritdoc/>
    public async ValueTask<Result<long>> Intern(ReadOnlyMemory<byte> text)
    {
        if (text.Length is 0 or > 4096)
            return Errno.EINVAL;
        var bytes = text.ToArray();
        const string find = "SELECT id FROM word WHERE text = $1";
        var known = await _engine.Read(tx => (Result<long>)(tx.Query(find).Add(bytes).Scalar() ?? 0)).ConfigureAwait(false);
        if (!known.IsOk || known.Value != 0)
            return known;
        return await _engine.Change(
            tx =>
            {
                tx.Change("INSERT INTO word(id, text) VALUES ($1, $2) ON CONFLICT (text) DO NOTHING").Add(tx.NextNumber()).Add(bytes).Run();
                return (Result<long>)(tx.Query(find).Add(bytes).Scalar() ?? 0);
            },
            null).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> Interned(long number) =>
        _engine.Read(tx => tx.Query("SELECT text FROM word WHERE id = $1").Add(number).First(static r => r.Bytes(0)) is { } text ? text : (Result<byte[]>)Errno.ESTALE);

    /// <inheritdoc/>
    public ValueTask<Result<bool>> Maintain() => _engine.Change(static tx => (Result<bool>)FeedChanges.Maintain(tx), null);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    /// <summary>A change that answers with a value; <paramref name="again"/> rebuilds the answer of one that was done before from what <paramref name="remember"/> kept.</summary>
    private ValueTask<Result<T>> Change<T>(
        CatalogRequest by, Func<CatalogTransaction, Result<T>> change, Func<T, long> remember, Func<CatalogTransaction, long, Result<T>> again, CatalogHint? hint = null)
    {
        if (by.Call is not { } call)
            return _engine.Change(change, hint);
        if (call.Key.Length is 0 or > CatalogLimits.RequestKey)
            return new((Result<T>)Errno.EINVAL);
        var key = call.Key.ToArray();
        var step = call.NextStep();
        return Known(call, _engine.Change(
            tx =>
            {
                var done = tx.Call(key);
                if (done is not null && done.Step >= step)
                    return again(tx, done.Number);
                var result = change(tx);
                if (result.IsOk)
                    tx.Remember(new CatalogCall(key, tx.Now(), step, done?.Number ?? remember(result.Value)));
                return result;
            },
            (hint ?? CatalogHint.None) with { Call = key }));
    }

    private static async ValueTask<Result<T>> Known<T>(CallIdentity call, ValueTask<Result<T>> change)
    {
        var result = await change.ConfigureAwait(false);
        if (result.IsOk)
            call.Changed();
        return result;
    }

    /// <summary>A change that answers with success only.</summary>
    private async ValueTask<Errno> Change(CatalogRequest by, Func<CatalogTransaction, Errno> change, CatalogHint? hint = null)
    {
        var result = await Change(
            by,
            tx => change(tx) is var error && error == Errno.None ? true : (Result<bool>)error,
            static _ => 0,
            static (_, _) => true,
            hint).ConfigureAwait(false);
        return result.Error;
    }

    private static Result<CatalogInode> Again(CatalogTransaction tx, long number) => tx.Inode(number) is { } inode ? inode : Errno.ESTALE;

    /// <summary>What a call made; when it was removed since, what there is left to say of it.</summary>
    private static Result<CatalogInode> Made(CatalogTransaction tx, long number, NewObject what) =>
        tx.Inode(number) ?? new CatalogInode { Number = number, Pid = default, Mode = (what.Mode & 0xF000) == 0 ? what.Mode | 0x8000 : what.Mode };

    private static Result<CatalogInode> AgainGone(CatalogTransaction tx, long number) =>
        tx.Inode(number) ?? new CatalogInode { Number = number, Pid = default, Mode = 0x8000 };

    private static Errno CheckName(ReadOnlySpan<byte> name, out byte[] bytes)
    {
        bytes = [];
        if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) || name.ContainsAny((byte)'/', (byte)0))
            return Errno.EINVAL;
        if (name.Length > CatalogLimits.Name)
            return Errno.ENAMETOOLONG;
        bytes = name.ToArray();
        return Errno.None;
    }
}
