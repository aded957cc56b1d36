namespace Pentode.Uring;

/// <summary>Makes loops of the engine asked for.</summary>
public static class LoopFactory
{
    /// <summary>A loop for <paramref name="engine"/>: "ring", "portable", or "auto" (ring where the kernel lets us, else portable). Not started.</summary>
    public static IoLoop Create(string engine, LoopOptions options) => engine switch
    {
        "ring" => new Ring.RingLoop(options),
        "portable" => new Portable.PortableLoop(options),
        "auto" => Ring.RingLoop.IsSupported ? new Ring.RingLoop(options) : new Portable.PortableLoop(options),
        _ => throw new ArgumentException($"unknown engine '{engine}': ring, portable or auto", nameof(engine)),
    };
}
