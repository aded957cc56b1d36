using Pentode.Blocks;
using Pentode.Core;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>
/// Copies one disk to another over some loops. On each loop a number of lanes take requests from the plan: read, look for zeroes, write.
/// Memory in use is loops × requests × request size.
/// </summary>
internal sealed class BlockCopier(IBlockBackend source, IBlockBackend target, CopyOptions options)
{
    private const int MapExtents = 65536;
    private const long MapBytes = 1L << 30;

    // On a target that has to be told of zeroes a request pays only for a longer run.
    private const int ShortestSkip = 4096;
    private const int ShortestZero = 65536;

    private readonly int _alignment = Math.Max(source.Info.MinimumBlock, target.Info.MinimumBlock);
    private CopyFailure? _failure;
    private long _done;

    /// <summary>Bytes copied or skipped so far. Any thread.</summary>
    public long DoneBytes => Volatile.Read(ref _done);

    /// <summary>Copies everything; null on success. Any thread but a loop's.</summary>
    public async Task<CopyFailure?> RunAsync(IReadOnlyList<IoLoop> loops)
    {
        var plan = new CopyPlan(source.Info.Size, _alignment, Math.Max(options.RequestBytes, _alignment));
        if (options.Sparse)
            _failure = await ClientLoops.RunAsync(loops[0], () => MapAsync(plan)).ConfigureAwait(false);
        if (_failure is null)
        {
            var lanes = loops.SelectMany(loop => Enumerable.Range(0, options.Requests).Select(_ => ClientLoops.RunAsync(loop, () => LaneAsync(loop, plan))));
            await Task.WhenAll(lanes.ToArray()).ConfigureAwait(false);
        }

        // Only when every write of every connection was answered does a flush cover them all.
        if (_failure is null && options.Flush)
            _failure = await ClientLoops.RunAsync(loops[0], FlushAsync).ConfigureAwait(false);
        return _failure;
    }

    private async Task<CopyFailure?> FlushAsync()
    {
        var error = await target.Flush();
        return error == Errno.None ? null : new CopyFailure("flushing", 0, source.Info.Size, error);
    }

    private async Task<CopyFailure?> MapAsync(CopyPlan plan)
    {
        var extents = new List<BlockExtent>();
        while (!plan.IsComplete)
        {
            extents.Clear();
            var offset = plan.Planned;
            var error = await source.Extents(offset, Math.Min(plan.Size - offset, MapBytes), MapExtents, extents);
            if (error != Errno.None)
                return new CopyFailure("asking for extents", offset, plan.Size - offset, error);
            foreach (var extent in extents)
                plan.Add(extent);
            if (plan.Planned == offset)
                return new CopyFailure("asking for extents", offset, plan.Size - offset, Errno.EPROTO);

            // A server may end its answer anywhere; the next question has to be aligned, so the rest of the block is data.
            if (plan.Planned % _alignment is > 0 and var rest && plan.Planned < plan.Size)
                plan.Add(new BlockExtent(_alignment - rest, IsHole: false, IsZero: false));
        }

        return null;
    }

    private async Task<bool> LaneAsync(IoLoop loop, CopyPlan plan)
    {
        var buffer = loop.Buffers.Rent(Math.Max(options.RequestBytes, _alignment));
        while (Volatile.Read(ref _failure) is null && plan.TryTake(out var offset, out var length, out var isZero))
        {
            var isDone = isZero ? await ZeroAsync(offset, length) : await CopyAsync(buffer.Slice(0, (int)length), offset);
            if (!isDone)
                break;
            Interlocked.Add(ref _done, length);
        }

        buffer.Release();
        return true;
    }

    private async ValueTask<bool> ZeroAsync(long offset, long length)
    {
        if (options.TargetIsZero)
            return true;
        return Check("zeroing", offset, length, await target.Zero(offset, length, ZeroFlags.None));
    }

    private async ValueTask<bool> CopyAsync(Memory<byte> data, long offset)
    {
        if (!Check("reading", offset, data.Length, await source.Read(data, offset)))
            return false;
        while (data.Length > 0)
        {
            var (length, isZero) = options.Sparse ? NextRun(data.Span) : (data.Length, false);
            var isDone = isZero ? await ZeroAsync(offset, length) : Check("writing", offset, length, await target.Write(data[..length], offset, fua: false));
            if (!isDone)
                return false;
            data = data[length..];
            offset += length;
        }

        return true;
    }

    // The run of zeroes or of anything else that the data begins with, in steps that are aligned for both sides.
    private (int Length, bool IsZero) NextRun(ReadOnlySpan<byte> data)
    {
        var step = Math.Max(options.TargetIsZero ? ShortestSkip : ShortestZero, _alignment);
        var isZero = IsZero(data[..Math.Min(step, data.Length)]);
        var end = Math.Min(step, data.Length);
        while (end < data.Length && IsZero(data.Slice(end, Math.Min(step, data.Length - end))) == isZero)
            end += Math.Min(step, data.Length - end);
        return (end, isZero);
    }

    private static bool IsZero(ReadOnlySpan<byte> data) => data[0] == 0 && !data.ContainsAnyExcept((byte)0);

    private bool Check(string operation, long offset, long length, Errno error)
    {
        if (error == Errno.None)
            return true;
        Interlocked.CompareExchange(ref _failure, new CopyFailure(operation, offset, length, error), null);
        return false;
    }
}
