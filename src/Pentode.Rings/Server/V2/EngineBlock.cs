namespace Pentode.Rings.Server.V2;

/// <summary>Memory of the engine lent to an operation.</summary>
/// <param name="Pointer">Null for none.</param>
/// <param name="Class">Which pool it goes back to.</param>
internal readonly unsafe struct EngineBlock(byte* Pointer, int Class)
{
    public readonly byte* Pointer = Pointer;

    public readonly int Class = Class;
}
