namespace Pentode.Files.Memory;

/// <summary>Bytes of a regular file: only pages written to exist, the rest reads as zeroes. Called under the tree's lock.</summary>
internal sealed class MemoryContent(MemoryTree tree)
{
    private const int PageSize = MemoryTree.PageSize;
    private readonly Dictionary<long, byte[]> _pages = [];

    /// <summary>Bytes in the file.</summary>
    public long Length { get; private set; }

    /// <summary>Pages that exist.</summary>
    public long Pages => _pages.Count;

    /// <summary>Copies from the file; 0 at its end.</summary>
    public int Read(Span<byte> buffer, long offset)
    {
        if (offset >= Length)
            return 0;
        var count = (int)Math.Min(buffer.Length, Length - offset);
        for (var done = 0; done < count;)
        {
            var (page, start) = Math.DivRem(offset + done, PageSize);
            var part = (int)Math.Min(PageSize - start, count - done);
            var target = buffer.Slice(done, part);
            if (_pages.TryGetValue(page, out var bytes))
                bytes.AsSpan((int)start, part).CopyTo(target);
            else
                target.Clear();
            done += part;
        }

        return count;
    }

    /// <summary>Copies into the file; fewer bytes than asked, even none, when the tree is full.</summary>
    public int Write(ReadOnlySpan<byte> buffer, long offset)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            var (page, start) = Math.DivRem(offset + done, PageSize);
            var part = (int)Math.Min(PageSize - start, buffer.Length - done);
            if (!_pages.TryGetValue(page, out var bytes))
            {
                if (!tree.TryCharge())
                    break;
                _pages[page] = bytes = new byte[PageSize];
            }

            buffer.Slice(done, part).CopyTo(bytes.AsSpan((int)start));
            done += part;
        }

        if (done > 0)
            Length = Math.Max(Length, offset + done);
        return done;
    }

    /// <summary>Cuts or extends with zeroes.</summary>
    public void SetLength(long length)
    {
        if (length < Length)
        {
            var (last, start) = Math.DivRem(length, PageSize);
            var firstGone = start == 0 ? last : last + 1;
            var gone = _pages.Keys.Where(p => p >= firstGone).ToArray();
            foreach (var page in gone)
                _pages.Remove(page);
            tree.Refund(gone.Length);
            if (start != 0 && _pages.TryGetValue(last, out var bytes))
                bytes.AsSpan((int)start).Clear();
        }

        Length = length;
    }
}
