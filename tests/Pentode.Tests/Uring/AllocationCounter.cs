using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>Receives and sends one byte back and forth and counts what the loop thread allocates after a warm-up.</summary>
internal sealed class AllocationCounter(IoLoop loop) : IoCompletion
{
    private readonly TaskCompletionSource<long> _done = new();
    private readonly byte[] _byte = GC.AllocateArray<byte>(1, pinned: true);
    private Sent _sent = null!;
    private readonly byte[] _out = GC.AllocateArray<byte>(1, pinned: true);
    private (int A, int B) _pair;
    private int _rounds;
    private long _before;

    public override void Complete(int result)
    {
        if (++_rounds == 200)
            _before = GC.GetAllocatedBytesForCurrentThread();
        if (_rounds == 1200 || result != 1)
            _done.SetResult(result == 1 ? GC.GetAllocatedBytesForCurrentThread() - _before : long.MaxValue);
        else
            Next();
    }

    public async Task<long> RunAsync()
    {
        _pair = Sockets.Pair();
        _sent = new Sent(this);
        Next();
        var bytes = await _done.Task;
        loop.Close(_pair.A);
        loop.Close(_pair.B);
        return bytes;
    }

    private void Receive() => loop.Receive(_pair.B, _byte, this);

    private void Next()
    {
        loop.Send(_pair.A, _out, _sent);
    }

    private sealed class Sent(AllocationCounter owner) : IoCompletion
    {
        public override void Complete(int result) => owner.Receive();
    }
}
