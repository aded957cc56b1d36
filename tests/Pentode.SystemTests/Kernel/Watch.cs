namespace Pentode.SystemTests.Kernel;

/// <summary>Looks at something again and again while a task runs.</summary>
internal static class Watch
{
    /// <summary>Asks until the task ends; true when something wanted was ever seen. <paramref name="each"/> gets every answer.</summary>
    public static async Task<bool> Until<T>(Task running, Func<IReadOnlyList<T>> ask, Func<T, bool> wanted, Action<IReadOnlyList<T>>? each = null)
    {
        var seen = false;
        while (!running.IsCompleted)
        {
            var answer = ask();
            each?.Invoke(answer);
            seen |= answer.Any(wanted);
            await Task.WhenAny(running, Task.Delay(100));
        }

        return seen;
    }
}
