namespace Pentode.Files;

/// <summary>Where an open comes from, for trees whose open waits or tells who holds what.</summary>
/// <param name="Pid">Process that opens, 0 when unknown (a remote client).</param>
/// <param name="Cancel">Set when the opener gives up (signal, Tflush, disconnect): the open ends with EINTR.</param>
public readonly record struct OpenOrigin(uint Pid, CancellationToken Cancel);
