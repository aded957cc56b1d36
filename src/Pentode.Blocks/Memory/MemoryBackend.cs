using Pentode.Core;

namespace Pentode.Blocks.Memory;

/// <summary>
/// A sparse disk in memory: 64 KiB pages allocated on first write, given back by trims and zeroes that cover them. Thread safe without locks;
/// overlapping concurrent changes end in some order of them. Writes past the allocation limit fail with ENOSPC. Nothing is durable.
/// </summary>
public sealed class MemoryBackend : IBlockBackend
{
    private const int PageShift = 16;
    private const int PageSize = 1 << PageShift;
    private const int TableShift = 10;
    private const int PagesPerTable = 1 << TableShift;
    private const long TableBytes = (long)PageSize << TableShift;

    // Two levels, the second made on demand, so that a disk of many terabytes costs nothing before it is written. A page that is taken out
    // may still be written by a call that was under way: such a write then counts as ordered before the change that took the page.
    private readonly byte[]?[]?[] _tables;
    private readonly long _limit;
    private long _allocated;

    /// <summary>An empty disk of <paramref name="size"/> bytes that allocates at most <paramref name="allocationLimit"/> bytes (rounded down to pages).</summary>
    public MemoryBackend(long size, long allocationLimit = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfNegative(allocationLimit);
        Info = new BlockInfo { Size = size, CanTrim = true, CanFastZero = true };
        _limit = allocationLimit;
        _tables = new byte[]?[]?[checked((int)((size / TableBytes) + (size % TableBytes == 0 ? 0 : 1)))];
    }

    /// <inheritdoc/>
    public BlockInfo Info { get; }

    /// <summary>Bytes of memory behind the disk now.</summary>
    public long AllocatedBytes => Volatile.Read(ref _allocated);

    /// <inheritdoc/>
    public ValueTask<Errno> Read(Memory<byte> buffer, long offset)
    {
        var rest = buffer.Span;
        while (rest.Length > 0)
        {
            var start = (int)(offset & (PageSize - 1));
            var part = Math.Min(rest.Length, PageSize - start);
            if (Find(offset >> PageShift) is { } page)
                page.AsSpan(start, part).CopyTo(rest);
            else
                rest[..part].Clear();
            rest = rest[part..];
            offset += part;
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua)
    {
        var rest = buffer.Span;
        while (rest.Length > 0)
        {
            var start = (int)(offset & (PageSize - 1));
            var part = Math.Min(rest.Length, PageSize - start);
            var page = FindOrAllocate(offset >> PageShift);
            if (page is null)
                return new(Errno.ENOSPC);
            rest[..part].CopyTo(page.AsSpan(start, part));
            rest = rest[part..];
            offset += part;
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Flush() => default;

    /// <inheritdoc/>
    public ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags)
    {
        var keep = (flags & ZeroFlags.NoHole) != 0;
        if (keep && !AllocateAll(offset, length))
            return new(Errno.ENOSPC);
        Clear(offset, length, keep);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Trim(long offset, long length, bool fua)
    {
        Clear(offset, length, keepPages: false);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Cache(long offset, long length) => default;

    /// <inheritdoc/>
    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents)
    {
        var end = offset + length;
        for (var count = 0; count < maxExtents && offset < end; count++)
        {
            var isHole = Find(offset >> PageShift) is null;
            var stop = NextStep(offset, end);
            while (stop < end && (Find(stop >> PageShift) is null) == isHole)
                stop = NextStep(stop, end);
            extents.Add(new BlockExtent(stop - offset, isHole, isHole));
            offset = stop;
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Array.Clear(_tables);
        return default;
    }

    // The end of the page, or of the whole table where there is none.
    private long NextStep(long offset, long end)
    {
        var step = Volatile.Read(ref _tables[offset / TableBytes]) is null ? TableBytes : PageSize;
        var left = step - (offset & (step - 1));
        return left < end - offset ? offset + left : end;
    }

    private byte[]? Find(long page)
    {
        var table = Volatile.Read(ref _tables[page >> TableShift]);
        return table is null ? null : Volatile.Read(ref table[page & (PagesPerTable - 1)]);
    }

    private byte[]? FindOrAllocate(long page)
    {
        ref var tableSlot = ref _tables[page >> TableShift];
        var table = Volatile.Read(ref tableSlot);
        if (table is null)
        {
            var made = new byte[]?[PagesPerTable];
            table = Interlocked.CompareExchange(ref tableSlot, made, null) ?? made;
        }

        ref var slot = ref table[page & (PagesPerTable - 1)];
        if (Volatile.Read(ref slot) is { } found)
            return found;

        if (Interlocked.Add(ref _allocated, PageSize) > _limit)
        {
            Interlocked.Add(ref _allocated, -PageSize);
            return Volatile.Read(ref slot);
        }

        byte[] fresh;
        try
        {
            fresh = GC.AllocateArray<byte>(PageSize, pinned: true);
        }
        catch (OutOfMemoryException)
        {
            Interlocked.Add(ref _allocated, -PageSize);
            return null;
        }

        if (Interlocked.CompareExchange(ref slot, fresh, null) is not { } winner)
            return fresh;
        Interlocked.Add(ref _allocated, -PageSize);
        return winner;
    }

    private bool AllocateAll(long offset, long length)
    {
        var last = (offset + length - 1) >> PageShift;
        for (var page = offset >> PageShift; page <= last; page++)
        {
            if (FindOrAllocate(page) is null)
                return false;
        }

        return true;
    }

    private void Clear(long offset, long length, bool keepPages)
    {
        var end = offset + length;
        while (offset < end)
        {
            var stop = NextStep(offset, end);
            if (Volatile.Read(ref _tables[offset / TableBytes]) is { } table)
                ClearPage(ref table[(offset >> PageShift) & (PagesPerTable - 1)], offset, stop, keepPages);
            offset = stop;
        }
    }

    private void ClearPage(ref byte[]? slot, long offset, long stop, bool keepPages)
    {
        var start = (int)(offset & (PageSize - 1));
        var pageEnd = Math.Min(PageSize, Info.Size - (offset - start));
        if (!keepPages && start == 0 && stop - offset == pageEnd)
        {
            if (Interlocked.Exchange(ref slot, null) is not null)
                Interlocked.Add(ref _allocated, -PageSize);
        }
        else if (Volatile.Read(ref slot) is { } page)
        {
            // A range found without a table when its end was chosen may span many pages; they were all empty then.
            page.AsSpan(start, (int)Math.Min(stop - offset, PageSize - start)).Clear();
        }
    }
}
