using System.Runtime.CompilerServices;
using Pentode.Uring;

namespace Pentode.Files;

/// <summary>Awaiting it continues on a loop: at once when already there or when there is none.</summary>
internal readonly struct LoopHop(IoLoop? loop) : ICriticalNotifyCompletion
{
    public bool IsCompleted => loop is null || loop.IsCurrent;

    public LoopHop GetAwaiter() => this;

    public void OnCompleted(Action continuation) => loop!.Post(static c => ((Action)c!)(), continuation);

    public void UnsafeOnCompleted(Action continuation) => OnCompleted(continuation);

    public void GetResult()
    {
    }
}
