using System.Threading.Tasks.Sources;
using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Client.V2;

/// <summary>One operation of a client. Pooled; awaited once; continued inline on the loop.</summary>
internal sealed class RingsCall(RingsClient2 client, int index) : IValueTaskSource<Result<int>>
{
    private ManualResetValueTaskSourceCore<Result<int>> _core;

    public int Index { get; } = index;

    /// <summary>Tells the uses of this object apart.</summary>
    public uint Generation { get; set; }

    public RingsSubmission Entry;

    /// <summary>Memory that goes back at the end.</summary>
    public RingsSlice Owned { get; set; }

    public IRingsShots? Shots { get; set; }

    /// <summary>Records of the chain it begins; 1 for none.</summary>
    public int Chain { get; set; }

    public bool IsUnderWay { get; set; }

    /// <summary>What came with the last completion.</summary>
    public ulong Extra { get; set; }

    public ulong UserData => ((ulong)Generation << 32) | (uint)Index;

    public ValueTask<Result<int>> Task => new(this, _core.Version);

    public void SetResult(Result<int> result) => _core.SetResult(result);

    public Result<int> GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        client.Return(this);
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
