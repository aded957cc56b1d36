namespace Pentode.Core.Diagnostics;

/// <summary>
/// A named place in product code where tests inject an error. One static field per place; disarmed it costs one load of a field. Any thread may
/// ask; arming is for one test at a time.
/// </summary>
public sealed class FaultPoint
{
    private volatile Func<Errno>? _inject;

    /// <summary>Declares a place, for example <c>blocks.write</c>.</summary>
    public FaultPoint(string name)
    {
        Name = name;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>True while armed.</summary>
    public bool IsArmed => _inject is not null;

    /// <summary>The injected error, or <see cref="Errno.None"/> when disarmed.</summary>
    public Errno Check() => _inject is { } inject ? inject() : Errno.None;

    /// <summary>Arms the place until the returned object is disposed.</summary>
    public IDisposable Arm(Func<Errno> inject)
    {
        _inject = inject;
        return new Disarm(this);
    }

    private sealed class Disarm(FaultPoint point) : IDisposable
    {
        public void Dispose() => point._inject = null;
    }
}
