using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Daemon.Services;
using Pentode.Files;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary>
/// Copies entries between two sides: many at a time, of a large file several pieces at a time, the newest found first so that few directories are
/// open. An entry that fails is reported and left out; the others go on. Lives on one loop.
/// </summary>
internal sealed class TreeCopier(IoLoop loop, CopyOptions options, CopyProgress progress)
{
    private const int ChunkBytes = 256 << 10;
    private const int PiecesPerFile = 8;
    private const int MaxDepth = 1024;
    private const long MaxBytesUnderWay = 64L << 20;

    private readonly Stack<Item> _pending = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Turn)> _waiting = new();
    private TaskCompletionSource _idle = new();
    private long _bytesUnderWay;
    private int _active;
    private bool _isPumping;

    /// <summary>True once an entry failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Set to end early: what is under way is undone.</summary>
    public bool IsStopping { get; set; }

    /// <summary>
    /// Copies <paramref name="source"/>, which it closes, as <paramref name="name"/> into a directory, with all that is below. The directory stays the
    /// caller's. <paramref name="display"/> names the source in messages.
    /// </summary>
    public async Task CopyAsync(ICopySource source, ICopyTargetDirectory target, byte[] name, string display)
    {
        _pending.Push(new Item(new Pair(new OneEntry(source), target, null, display, 0), new CopyName(name, 0), name));
        await RunAsync().ConfigureAwait(true);
    }

    /// <summary>Copies what is in a directory into another. Both stay the caller's.</summary>
    public async Task CopyContentAsync(ICopyDirectory source, ICopyTargetDirectory target, string display)
    {
        _pending.Push(new Item(new Pair(source, target, null, display, 0), null, []));
        await RunAsync().ConfigureAwait(true);
    }

    private async Task RunAsync()
    {
        _idle = new TaskCompletionSource();
        Pump();
        await _idle.Task.ConfigureAwait(true);
    }

    private void Pump()
    {
        // What ends at once is not pumped from within: thousands of them would use the stack up.
        if (_isPumping)
            return;
        _isPumping = true;
        while (_active < options.Jobs && _pending.TryPop(out var item))
        {
            _active++;
            _ = GuardAsync(item);
        }

        _isPumping = false;
        if (_active == 0)
            _idle.TrySetResult();
    }

    /// <summary>A bug ends the copy; it must not leave it waiting.</summary>
    private async Task GuardAsync(Item item)
    {
        try
        {
            await WorkAsync(item).ConfigureAwait(true);
        }
#pragma warning disable CA1031 // handed to whoever waits for the copy
        catch (Exception e)
#pragma warning restore CA1031
        {
            _idle.TrySetException(e);
        }
    }

    private async Task WorkAsync(Item item)
    {
        var error = Errno.None;
        if (!IsStopping)
            error = item.Name is null ? await ListAsync(item.Pair).ConfigureAwait(true) : await CopyOneAsync(item).ConfigureAwait(true);
        if (error != Errno.None)
            Fail(item, ErrnoText.Describe(error));
        await ReleaseAsync(item.Pair).ConfigureAwait(true);
        _active--;
        Pump();
    }

    /// <summary>Puts a batch of names up for copying, and below it the rest of the directory.</summary>
    private async Task<Errno> ListAsync(Pair pair)
    {
        var names = await pair.Source.NextNamesAsync().ConfigureAwait(true);
        if (!names.IsOk)
            return names.Error;
        if (names.Value.Count == 0)
            return Errno.None;
        Push(new Item(pair, null, []));
        foreach (var name in names.Value)
        {
            // What a server calls a name must not lead anywhere else.
            var item = new Item(pair, name, name.Bytes);
            if (new FileName(name.Bytes) is { IsValid: true, IsDot: false, IsDotDot: false })
                Push(item);
            else
                Fail(item, "refused: not the name of a file");
        }

        return Errno.None;
    }

    private void Push(Item item)
    {
        item.Pair.Users++;
        _pending.Push(item);
    }

    private async Task<Errno> CopyOneAsync(Item item)
    {
        var pair = item.Pair;
        var opened = await pair.Source.OpenAsync(item.Name!.Value).ConfigureAwait(true);
        if (!opened.IsOk)
            return opened.Error;
        var source = opened.Value;
        var attributes = source.Attributes;
        try
        {
            if (attributes.IsRegular)
                return await CopyFileAsync(item, source).ConfigureAwait(true);
            if (attributes.IsLink)
            {
                var error = await pair.Target.MakeLinkAsync(item.TargetName, source.Target, attributes).ConfigureAwait(true);
                progress.AddFile(error == Errno.None);
                return error;
            }

            if (attributes.IsDirectory)
                return await EnterAsync(item, source).ConfigureAwait(true);
            Fail(item, $"skipped: {RemoteText.Type(attributes.Mode)}");
            return Errno.None;
        }
        finally
        {
            source.Close();
        }
    }

    private async Task<Errno> EnterAsync(Item item, ICopySource source)
    {
        if (!options.IsRecursive)
        {
            Fail(item, "is a directory; copy it with -r");
            return Errno.None;
        }

        if (item.Pair.Depth >= MaxDepth)
            return Errno.ELOOP;
        var target = await item.Pair.Target.MakeDirectoryAsync(item.TargetName).ConfigureAwait(true);
        if (!target.IsOk)
            return target.Error;
        item.Pair.Users++;
        var pair = new Pair(source.Enter(), target.Value, item.Pair, PathOf(item), item.Pair.Depth + 1) { Attributes = source.Attributes };
        _pending.Push(new Item(pair, null, []));
        return Errno.None;
    }

    /// <summary>An entry of the directory is done; with the last of them the directory is.</summary>
    private async Task ReleaseAsync(Pair pair)
    {
        for (var at = pair; at is not null && --at.Users == 0 && at.Attributes is { } attributes; at = at.Parent)
        {
            at.Source.Close();
            var error = await at.Target.FinishAsync(attributes).ConfigureAwait(true);
            if (error != Errno.None)
                Refuse(at.Display, ErrnoText.Describe(error));
        }
    }

    private async Task<Errno> CopyFileAsync(Item item, ICopySource source)
    {
        var made = await item.Pair.Target.CreateFileAsync(item.TargetName).ConfigureAwait(true);
        if (!made.IsOk)
            return made.Error;
        var target = made.Value;
        var work = new FileWork(source, target, (long)Math.Min(source.Attributes.Length, long.MaxValue));
        var pieces = (int)Math.Clamp((work.Length + ChunkBytes - 1) / ChunkBytes, 1, PiecesPerFile);
        if (pieces == 1)
            await CopyPiecesAsync(work).ConfigureAwait(true);
        else
            await Task.WhenAll(Enumerable.Range(0, pieces).Select(_ => CopyPiecesAsync(work))).ConfigureAwait(true);
        var error = IsStopping ? Errno.ECANCELED : work.Error;
        if (error == Errno.None)
        {
            error = await target.FinishAsync(source.Attributes).ConfigureAwait(true);
            progress.AddFile(error == Errno.None);
            return error;
        }

        var isGone = await target.AbortAsync().ConfigureAwait(true);
        Fail(item, (work.Shrank ? "became shorter while it was copied" : ErrnoText.Describe(error)) + (isGone ? "; the incomplete copy was removed" : "; the copy is INCOMPLETE"));
        return Errno.None;
    }

    /// <summary>Takes piece after piece of a file until none is left. A file that says it is empty is read to its end: some have no length.</summary>
    private async Task CopyPiecesAsync(FileWork work)
    {
        var size = (int)Math.Clamp(work.Length, 4096, ChunkBytes);
        await AcquireAsync(size).ConfigureAwait(true);
        var buffer = loop.Buffers.Rent(size);
        while (!IsStopping && work.Error == Errno.None)
        {
            var offset = work.Next;
            var length = work.Length == 0 ? size : Math.Min(size, work.Length - offset);
            if (length <= 0)
                break;
            work.Next += length;
            var count = await MoveAsync(work, buffer, offset, (int)length).ConfigureAwait(true);
            if (count < length)
            {
                if (work.Length == 0)
                    break;
                work.Shrank |= work.Error == Errno.None;
                work.Fail(Errno.EIO);
            }
        }

        buffer.Release();
        Release(size);
    }

    /// <summary>Moves a piece; fewer bytes at the end of the source or after an error.</summary>
    private async Task<int> MoveAsync(FileWork work, NativeBuffer buffer, long offset, int length)
    {
        var got = 0;
        while (got < length)
        {
            var read = await work.Source.ReadAsync(buffer.Slice(got, length - got), offset + got).ConfigureAwait(true);
            if (!read.IsOk)
                return work.Fail(read.Error);
            if (read.Value == 0)
                break;
            got += read.Value;
        }

        for (var put = 0; put < got;)
        {
            var written = await work.Target.WriteAsync(buffer.Slice(put, got - put), offset + put).ConfigureAwait(true);
            if (!written.IsOk || written.Value == 0)
                return work.Fail(written.IsOk ? Errno.EIO : written.Error);
            put += written.Value;
            progress.AddBytes(written.Value);
        }

        return got;
    }

    private Task AcquireAsync(long bytes)
    {
        if (_bytesUnderWay + bytes <= MaxBytesUnderWay && _waiting.Count == 0)
        {
            _bytesUnderWay += bytes;
            return Task.CompletedTask;
        }

        var turn = new TaskCompletionSource();
        _waiting.Enqueue((bytes, turn));
        return turn.Task;
    }

    private void Release(long bytes)
    {
        _bytesUnderWay -= bytes;
        while (_waiting.TryPeek(out var next) && _bytesUnderWay + next.Bytes <= MaxBytesUnderWay)
        {
            _waiting.Dequeue();
            _bytesUnderWay += next.Bytes;
            next.Turn.SetResult();
        }
    }

    private void Fail(Item item, string why) => Refuse(PathOf(item), why);

    /// <summary>Reports that something is not copied.</summary>
    public void Refuse(string path, string why)
    {
        HasFailed = true;
        progress.Clear();
        RemoteText.Report(path, why);
    }

    private static string PathOf(Item item) => item.Name is { } name && item.Pair.Attributes is not null
        ? $"{item.Pair.Display}/{RemoteText.Name(name.Bytes)}"
        : item.Pair.Display;

    /// <summary>A directory and its copy, held while an entry of it is to do. Without attributes it belongs to the caller.</summary>
    private sealed class Pair(ICopyDirectory source, ICopyTargetDirectory target, Pair? parent, string display, int depth)
    {
        public ICopyDirectory Source => source;

        public ICopyTargetDirectory Target => target;

        public Pair? Parent => parent;

        public string Display => display;

        public int Depth => depth;

        public int Users { get; set; } = 1;

        public CopyAttributes? Attributes { get; init; }
    }

    /// <summary>An entry to copy, or with a null name the next batch of a directory.</summary>
    private sealed record Item(Pair Pair, CopyName? Name, byte[] TargetName);

    private sealed class FileWork(ICopySource source, ICopyTarget target, long length)
    {
        public ICopySource Source => source;

        public ICopyTarget Target => target;

        public long Length => length;

        public long Next { get; set; }

        public Errno Error { get; private set; }

        public bool Shrank { get; set; }

        public int Fail(Errno error)
        {
            if (Error == Errno.None)
                Error = error;
            return 0;
        }
    }
}
