using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <content>Facts about files and the feeds.</content>
public sealed partial class CatalogStore
{
    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> SetIo(CatalogRequest by, long number, bool isEnabled) =>
        Change(by, tx => FactChanges.SetIo(tx, by.Who, number, isEnabled), static i => i.Number, Again, CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> SetStorage(CatalogRequest by, long number, CatalogState? state, int? accessLatency, int? retentionPolicy) =>
        Change(by, tx => FactChanges.SetStorage(tx, by.Who, number, state, accessLatency, retentionPolicy), static i => i.Number, Again, CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogLocation>>> ListLocations(long number) => _engine.Read(tx => FactQueries.Locations(tx, number));

    /// <inheritdoc/>
    public ValueTask<Errno> SetLocation(CatalogRequest by, long number, CatalogLocation location) =>
        Change(by, tx => FactChanges.SetLocation(tx, by.Who, number, location), CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveLocation(CatalogRequest by, long number, int kind, string? uri) =>
        Change(by, tx => FactChanges.RemoveLocation(tx, by.Who, number, kind, uri), CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogChecksum>>> ListChecksums(long number) => _engine.Read(tx => FactQueries.Checksums(tx, number));

    /// <inheritdoc/>
    public ValueTask<Errno> SetChecksum(CatalogRequest by, long number, CatalogChecksum checksum) =>
        Change(by, tx => FactChanges.SetChecksum(tx, by.Who, number, checksum), CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveChecksum(CatalogRequest by, long number, string algorithm) =>
        Change(by, tx => FactChanges.RemoveChecksum(tx, by.Who, number, algorithm), CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogPin>>> ListPins(long number) => _engine.Read(tx => FactQueries.Pins(tx, number));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogPin>> SetPin(CatalogRequest by, long number, string requestId, long? expiryTime) => Change(
        by,
        tx => FactChanges.SetPin(tx, by.Who, number, requestId, expiryTime),
        static p => p.Id,
        (tx, id) => FactQueries.PinRows(tx, number).Find(p => p.Id == id) is { } pin ? pin : Errno.ENOENT,
        CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Errno> SetPinState(CatalogRequest by, long number, long pin, int state) =>
        Change(by, tx => FactChanges.SetPinState(tx, by.Who, number, pin, state), CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Errno> RemovePins(CatalogRequest by, long number, string? requestId) =>
        Change(by, tx => FactChanges.RemovePins(tx, by.Who, number, requestId), CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<string>>> ListLabels(long number) => _engine.Read(tx => FactQueries.Labels(tx, number));

    /// <inheritdoc/>
    public ValueTask<Errno> SetLabel(CatalogRequest by, long number, string label, bool isSet) =>
        Change(by, tx => FactChanges.SetLabel(tx, by.Who, number, label, isSet), CatalogHint.Of(number));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<string>>> ListAllLabels() => _engine.Read(FactQueries.AllLabels);

    /// <inheritdoc/>
    public ValueTask<Result<CatalogPage>> ListLabelled(string label, long after, int limit) => _engine.Read(tx => FactQueries.Labelled(tx, label, after, limit));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<byte[]>>> ListExtendedAttributes(long number) => _engine.Read(tx => FactQueries.AttributeNames(tx, number));

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> GetExtendedAttribute(long number, ReadOnlyMemory<byte> name)
    {
        var bytes = name.ToArray();
        return _engine.Read(tx => FactQueries.Attribute(tx, number, bytes));
    }

    /// <inheritdoc/>
    public ValueTask<Errno> SetExtendedAttribute(CatalogRequest by, long number, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte>? value, int flags)
    {
        if (name.Length is 0 or > CatalogLimits.Name)
            return new(Errno.ERANGE);
        var bytes = name.ToArray();
        return Change(by, tx => FactChanges.SetAttribute(tx, by.Who, number, bytes, value, flags), CatalogHint.Of(number));
    }

    /// <inheritdoc/>
    public ValueTask<Result<CatalogQuota>> GetQuota(long directory) => _engine.Read(tx => FactQueries.Quota(tx, directory));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogQuota>>> ListQuotas() => _engine.Read(FactQueries.Quotas);

    /// <inheritdoc/>
    public ValueTask<Errno> SetQuota(CatalogRequest by, long directory, long? maximumFiles, long? maximumBytes) =>
        Change(by, tx => FactChanges.SetQuota(tx, by.Who, directory, maximumFiles, maximumBytes), CatalogHint.Of(directory));

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogEvent>>> ListEvents(long after, int limit) => _engine.Read(tx => FeedQueries.Events(tx, after, limit));

    /// <inheritdoc/>
    public async ValueTask WaitForEvents(long after, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var news = _engine.Shared.News;
            var last = await _engine.Read(static tx => (Result<long>)FeedQueries.LastEvent(tx)).ConfigureAwait(false);
            if (!last.IsOk || last.Value > after)
                return;
            await news.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogTrashItem>>> ListTrash(long after, int limit) => _engine.Read(tx => FeedQueries.Trash(tx, after, limit));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> Restore(CatalogRequest by, long sequence, long? parent, ReadOnlyMemory<byte> name)
    {
        byte[] bytes = [];
        var error = name.IsEmpty ? Errno.None : CheckName(name.Span, out bytes);
        return error == Errno.None ? Change(by, tx => FeedChanges.Restore(tx, by.Who, sequence, parent, bytes), static i => i.Number, Again) : new(error);
    }

    /// <inheritdoc/>
    public async ValueTask<Result<long>> Purge(CatalogRequest by, long sequence)
    {
        var total = 0L;
        while (true)
        {
            var step = await Change(by, tx => FeedChanges.Purge(tx, by.Who, sequence), static n => n, static (_, n) => n).ConfigureAwait(false);
            if (!step.IsOk)
                return step;
            total += step.Value;
            if (sequence != 0 || step.Value == 0 || by.Call is not null)
                return total;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogReclaim>>> ListReclaim(long after, int limit) => _engine.Read(tx => FeedQueries.Reclaim(tx, after, limit));

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveReclaim(long sequence) => Change(default, tx =>
    {
        tx.Change("DELETE FROM reclaim WHERE seq = $1").Add(sequence).Queue();
        return Errno.None;
    });
}
