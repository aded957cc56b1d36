using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <content>Content, levels and tags.</content>
public sealed partial class CatalogStore
{
    /// <inheritdoc/>
    public ValueTask<Result<int>> Read(long number, int level, long offset, Memory<byte> buffer) =>
        IsLevel(level) && offset >= 0 ? _engine.Read(tx => ContentQueries.Read(tx, number, level, offset, buffer)) : new(Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Result<int>> Write(CatalogRequest by, long number, int level, long offset, ReadOnlyMemory<byte> data) => IsLevel(level) && offset >= -1
        ? Change(by, tx => ContentChanges.Write(tx, by.Who, number, level, offset, data), static n => n, static (_, n) => (int)n, CatalogHint.Of(number))
        : new(Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Result<CatalogLevel>> GetLevel(long number, int level) =>
        IsSideLevel(level) ? _engine.Read(tx => ReadLevel(tx, number, level)) : new(Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogLevel>>> ListLevels(long number) =>
        _engine.Read(tx => tx.Live(number) is var live && live.IsOk ? ContentQueries.Levels(tx, number) : (Result<IReadOnlyList<CatalogLevel>>)live.Error);

    /// <inheritdoc/>
    public ValueTask<Result<CatalogLevel>> CreateLevel(CatalogRequest by, long number, int level, uint mode) => IsSideLevel(level)
        ? Change(by, tx => ContentChanges.CreateLevel(tx, by.Who, number, level, mode), static _ => 0, (tx, _) => ReadLevel(tx, number, level), CatalogHint.Of(number))
        : new(Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Result<CatalogLevel>> SetLevelAttributes(CatalogRequest by, long number, int level, AttributeChange change, bool isOpen) => IsSideLevel(level)
        ? Change(by, tx => AttributeChanges.SetLevel(tx, by.Who, number, level, change, isOpen), static _ => 0, (tx, _) => ReadLevel(tx, number, level), CatalogHint.Of(number))
        : new(Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveLevel(CatalogRequest by, long number, int level) => IsSideLevel(level)
        ? Change(by, tx => ContentChanges.RemoveLevel(tx, by.Who, number, level), CatalogHint.Of(number))
        : new(Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Result<CatalogInode>> SetRecordedSize(CatalogRequest by, long number, long size) => size >= 0
        ? Change(by, tx => ContentChanges.SetRecordedSize(tx, by.Who, number, size), static i => i.Number, Again, CatalogHint.Of(number))
        : new(Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Result<IReadOnlyList<CatalogTag>>> ListTags(long directory) => _engine.Read(tx => TagQueries.List(tx, directory));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogTag>> GetTag(long directory, ReadOnlyMemory<byte> name)
    {
        var error = CheckTagName(name.Span, out var bytes);
        return error == Errno.None ? _engine.Read(tx => TagQueries.Get(tx, directory, bytes)) : new(error);
    }

    /// <inheritdoc/>
    public ValueTask<Result<CatalogTag>> CreateTag(CatalogRequest by, long directory, ReadOnlyMemory<byte> name, uint mode) =>
        ChangeTag(by, directory, name, (tx, bytes) => TagChanges.Create(tx, by.Who, directory, bytes, mode));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogTag>> WriteTag(CatalogRequest by, long directory, ReadOnlyMemory<byte> name, int offset, ReadOnlyMemory<byte> data) =>
        ChangeTag(by, directory, name, (tx, bytes) => TagChanges.Write(tx, by.Who, directory, bytes, offset, data));

    /// <inheritdoc/>
    public ValueTask<Result<CatalogTag>> SetTagAttributes(CatalogRequest by, long directory, ReadOnlyMemory<byte> name, AttributeChange change) =>
        ChangeTag(by, directory, name, (tx, bytes) => TagChanges.SetAttributes(tx, by.Who, directory, bytes, change));

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveTag(CatalogRequest by, long directory, ReadOnlyMemory<byte> name)
    {
        var error = CheckTagName(name.Span, out var bytes);
        return error == Errno.None ? Change(by, tx => TagChanges.Remove(tx, by.Who, directory, bytes), CatalogHint.Of(directory)) : new(error);
    }

    private ValueTask<Result<CatalogTag>> ChangeTag(CatalogRequest by, long directory, ReadOnlyMemory<byte> name, Func<CatalogTransaction, byte[], Result<CatalogTag>> change)
    {
        var error = CheckTagName(name.Span, out var bytes);
        return error == Errno.None
            ? Change(by, tx => change(tx, bytes), static _ => 0, (tx, _) => TagQueries.Get(tx, directory, bytes), CatalogHint.Of(directory))
            : new(error);
    }

    private static Result<CatalogLevel> ReadLevel(CatalogTransaction tx, long number, int level)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        return ContentQueries.Level(tx, number, level) is { } row ? row : Errno.ENOENT;
    }

    private static Errno CheckTagName(ReadOnlySpan<byte> name, out byte[] bytes)
    {
        var error = CheckName(name, out bytes);
        return error == Errno.None && bytes.Length > CatalogLimits.TagName ? Errno.ENAMETOOLONG : error;
    }

    private static bool IsLevel(int level) => level is >= 0 and <= CatalogLimits.Level;

    private static bool IsSideLevel(int level) => level is >= 1 and <= CatalogLimits.Level;
}
