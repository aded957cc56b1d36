using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>
/// Copies a disk to or from a stream: in order, with several requests under way. A stream has no extents, so every byte is read, and written.
/// Exceptions of the stream pass through. Lives on one loop.
/// </summary>
internal sealed class StreamCopier(IoLoop loop, IBlockBackend disk, CopyOptions options)
{
    private readonly Queue<Part> _window = new();
    private readonly int _requestBytes = Math.Max(options.RequestBytes, disk.Info.MinimumBlock);

    /// <summary>Writes the whole disk to a stream.</summary>
    public async Task<CopyFailure?> ReadAsync(Stream output)
    {
        CopyFailure? failure = null;
        try
        {
            for (long next = 0, size = disk.Info.Size; failure is null && (next < size || _window.Count > 0);)
            {
                while (next < size && _window.Count < options.Requests)
                {
                    var buffer = loop.Buffers.Rent(_requestBytes);
                    var length = (int)Math.Min(_requestBytes, size - next);
                    _window.Enqueue(new Part(buffer, next, length, disk.Read(buffer.Slice(0, length), next)));
                    next += length;
                }

                failure = await EndOldestAsync("reading", output);
            }

            await output.FlushAsync();
            return failure;
        }
        finally
        {
            await AbandonAsync();
        }
    }

    /// <summary>Writes a stream to the start of the disk till the stream ends: ENOSPC when the disk ends first, EINVAL when the stream ends inside a block of the disk.</summary>
    public async Task<CopyFailure?> WriteAsync(Stream input)
    {
        CopyFailure? failure = null;
        try
        {
            long next = 0;
            for (var isEnd = false; !isEnd && failure is null;)
            {
                var buffer = loop.Buffers.Rent(_requestBytes);
                var length = 0;
                try
                {
                    length = await input.ReadAtLeastAsync(buffer.Slice(0, _requestBytes), _requestBytes, throwOnEndOfStream: false);
                }
                finally
                {
                    if (length == 0)
                        buffer.Release();
                }

                isEnd = length < _requestBytes;
                if (length == 0)
                    break;
                var error = length > disk.Info.Size - next ? Errno.ENOSPC : length % disk.Info.MinimumBlock != 0 ? Errno.EINVAL : Errno.None;
                _window.Enqueue(new Part(buffer, next, length, error == Errno.None ? disk.Write(buffer.Slice(0, length), next, fua: false) : new(error)));
                next += length;
                if (_window.Count == options.Requests)
                    failure = await EndOldestAsync("writing", null);
            }

            while (failure is null && _window.Count > 0)
                failure = await EndOldestAsync("writing", null);
            if (failure is null && options.Flush && await disk.Flush() is var flushed and not Errno.None)
                failure = new CopyFailure("flushing", 0, next, flushed);
            return failure;
        }
        finally
        {
            await AbandonAsync();
        }
    }

    private async ValueTask<CopyFailure?> EndOldestAsync(string operation, Stream? output)
    {
        var part = _window.Dequeue();
        try
        {
            if (await part.Task is var error and not Errno.None)
                return new CopyFailure(operation, part.Offset, part.Length, error);
            if (output is not null)
                await output.WriteAsync(part.Buffer.Slice(0, part.Length));
            return null;
        }
        finally
        {
            part.Buffer.Release();
        }
    }

    // The memory of requests under way is theirs until they end.
    private async ValueTask AbandonAsync()
    {
        while (_window.TryDequeue(out var part))
        {
            await part.Task;
            part.Buffer.Release();
        }
    }

    private readonly record struct Part(NativeBuffer Buffer, long Offset, int Length, ValueTask<Errno> Task);
}
