namespace Pentode.Tests.Nfs;

/// <summary>Arguments of every procedure that parse.</summary>
internal static class Arguments
{
    public static Xdr Of(uint version, uint procedure, byte[] directory, byte[] file) => version == 3 ? V3(procedure, directory, file) : V2(procedure, directory, file);

    private static Xdr V3(uint procedure, byte[] directory, byte[] file) => procedure switch
    {
        2 => new Xdr().Opaque(file).Add(Xdr.Change3(0x180, size: 3, atime: 2, mtime: 1)).U32(1, 5, 6),
        3 or 12 or 13 => new Xdr().Opaque(directory).Text("nothing"),
        4 => new Xdr().Opaque(file).U32(0x3F),
        6 or 21 => new Xdr().Opaque(file).U64(0).U32(10),
        7 => new Xdr().Opaque(file).U64(0).U32(3, 0).Opaque([1, 2, 3]),
        8 => new Xdr().Opaque(directory).Text("made").U32(0).Add(Xdr.Change3(0x1A4)),
        9 => new Xdr().Opaque(directory).Text("below").Add(Xdr.Change3(0x1ED)),
        10 => new Xdr().Opaque(directory).Text("link").Add(Xdr.Change3()).Text("target"),
        11 => new Xdr().Opaque(directory).Text("pipe").U32(7).Add(Xdr.Change3(0x1A4)),
        14 => new Xdr().Opaque(directory).Text("nothing").Opaque(directory).Text("else"),
        15 => new Xdr().Opaque(file).Opaque(directory).Text("hard"),
        16 => new Xdr().Opaque(directory).U64(0).U64(0).U32(4096),
        17 => new Xdr().Opaque(directory).U64(0).U64(0).U32(4096, 4096),
        _ => new Xdr().Opaque(procedure is 1 or 5 ? file : directory),
    };

    private static Xdr V2(uint procedure, byte[] directory, byte[] file) => procedure switch
    {
        2 => new Xdr().Fixed(file).Add(Xdr.Change2(0x180, 3)),
        4 or 10 or 15 => new Xdr().Fixed(directory).Text("nothing"),
        6 => new Xdr().Fixed(file).U32(0, 10, 0),
        8 => new Xdr().Fixed(file).U32(0, 0, 0).Opaque([1, 2, 3]),
        9 => new Xdr().Fixed(directory).Text("made2").Add(Xdr.Change2(0x1A4)),
        11 => new Xdr().Fixed(directory).Text("nothing").Fixed(directory).Text("else"),
        12 => new Xdr().Fixed(file).Fixed(directory).Text("hard2"),
        13 => new Xdr().Fixed(directory).Text("link2").Text("target").Add(Xdr.Change2()),
        14 => new Xdr().Fixed(directory).Text("below2").Add(Xdr.Change2(0x1ED)),
        16 => new Xdr().Fixed(directory).U32(0, 4096),
        _ => new Xdr().Fixed(procedure is 1 or 5 ? file : directory),
    };
}
