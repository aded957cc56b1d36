using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Client.V2;

/// <summary>A request beside the operations: registration, release, statistics.</summary>
internal sealed class RingsControl
{
    public required byte[] Message { get; init; }

    public int[] Descriptors { get; init; } = [];

    public TaskCompletionSource<Result<RingsItem>> Item { get; } = new();

    public TaskCompletionSource<Result<RingsClientStats>>? Stats { get; init; }

    public void Fail(Errno error)
    {
        Item.TrySetResult(error);
        Stats?.TrySetResult(error);
    }
}
