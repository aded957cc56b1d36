using System.Runtime.CompilerServices;
using Pentode.Uring;

namespace Pentode.NineP.Client.Tree;

/// <summary>Awaiting it continues on a loop: at once when already there.</summary>
internal readonly struct NinePTreeHop(IoLoop loop) : ICriticalNotifyCompletion
{
    public bool IsCompleted => loop.IsCurrent;

    public NinePTreeHop GetAwaiter() => this;

    public void OnCompleted(Action continuation) => loop.Post(static c => ((Action)c!)(), continuation);

    public void UnsafeOnCompleted(Action continuation) => OnCompleted(continuation);

    public void GetResult()
    {
    }
}
