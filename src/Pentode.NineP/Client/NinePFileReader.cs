using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Buffers;

namespace Pentode.NineP.Client;

/// <summary>Reads an open file from an offset to its end, in order, with several Treads under way. Lives on the client's loop.</summary>
public sealed class NinePFileReader
{
    private readonly NinePClient _client;
    private readonly uint _fid;
    private readonly int _chunk;
    private readonly int _window;
    private readonly Queue<(NativeBuffer Buffer, ValueTask<Result<int>> Read)> _ahead = new();
    private NativeBuffer? _current;
    private long _next;
    private int _depth = 1;
    private bool _isEnd;

    /// <summary>Reads the file of <paramref name="fid"/>, opened for reading, in pieces of <paramref name="chunk"/> bytes with at most <paramref name="window"/> under way.</summary>
    public NinePFileReader(NinePClient client, uint fid, long offset, int chunk, int window)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        _client = client;
        _fid = fid;
        _next = offset;
        _chunk = Math.Min(chunk, client.MaxPayload);
        _window = window;
    }

    /// <summary>The next piece, valid until the next call; empty at the end of the file.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<ReadOnlyMemory<byte>>> ReadAsync()
    {
        ReleaseCurrent();
        if (_isEnd)
            return ReadOnlyMemory<byte>.Empty;
        while (_ahead.Count < _depth)
        {
            var buffer = _client.Loop.Buffers.Rent(_chunk);
            _ahead.Enqueue((buffer, Fill(buffer, _next)));
            _next += _chunk;
        }

        // Begins with one, so that a small file costs no more than it must.
        _depth = Math.Min(_depth * 2, _window);
        var (oldest, pending) = _ahead.Dequeue();
        var read = await pending.ConfigureAwait(false);
        _current = oldest;
        if (!read.IsOk)
            return read.Error;
        _isEnd = read.Value < _chunk;
        return (ReadOnlyMemory<byte>)oldest.Slice(0, read.Value);
    }

    /// <summary>Waits for what is under way and gives the memory back. The fid stays.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask CloseAsync()
    {
        ReleaseCurrent();
        _isEnd = true;
        while (_ahead.TryDequeue(out var piece))
        {
            _ = await piece.Read.ConfigureAwait(false);
            piece.Buffer.Release();
        }
    }

    /// <summary>Fills the piece: a server may answer with less at any time.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<int>> Fill(NativeBuffer buffer, long offset)
    {
        var done = 0;
        while (done < _chunk)
        {
            var read = await _client.Read(_fid, buffer.Slice(done, _chunk - done), offset + done).ConfigureAwait(false);
            if (!read.IsOk)
                return read.Error;
            if (read.Value == 0)
                break;
            done += read.Value;
        }

        return done;
    }

    private void ReleaseCurrent()
    {
        _current?.Release();
        _current = null;
    }
}
