using System.Buffers.Binary;
using Pentode.NineP.Wire;

namespace Pentode.Tests.NineP;

/// <summary>The bytes of a session made of sensible requests, one of which may be damaged. The same seed gives the same bytes.</summary>
internal sealed class RandomSession
{
    private static readonly byte[][] s_names =
    [
        "a"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray(), ".."u8.ToArray(), "."u8.ToArray(), ""u8.ToArray(), "x/y"u8.ToArray(), "n\0n"u8.ToArray(), "user.q"u8.ToArray(), new byte[256],
    ];

    private readonly Random _random;
    private readonly List<byte[]> _frames = [];

    public RandomSession(int seed, string aname)
    {
        _random = new Random(seed);
        _frames.Add(RawClient.Frame(P9Limits.NoTag, new Tversion { Msize = (uint)_random.Next(4000, 70000), Version = "9P2000.L"u8 }));
        _frames.Add(RawClient.Frame(1, new Tattach { Fid = 0, Afid = P9Limits.NoFid, Aname = System.Text.Encoding.ASCII.GetBytes(aname), NUname = (uint)(_random.Next(2) * 1000) }));
        for (var count = _random.Next(0, 40); count > 0; count--)
            _frames.Add(Request((ushort)_random.Next(2, 12)));
        for (var damage = _random.Next(0, 3); damage > 0 && _frames.Count > 1; damage--)
            Damage(_random.Next(1, _frames.Count));
    }

    public byte[] Bytes => [.. _frames.SelectMany(f => f)];

    private uint Fid => (uint)_random.Next(0, 6);

    private byte[] Name => s_names[Math.Min(_random.Next(s_names.Length), _random.Next(s_names.Length))];

    private ulong Offset => _random.Next(8) == 0 ? (ulong)_random.NextInt64(long.MinValue, long.MaxValue) : (ulong)_random.Next(10000);

    private byte[] Request(ushort tag)
    {
        var (name, other) = (Name, Name);
        return _random.Next(28) switch
        {
            0 => RawClient.Frame(tag, new Tlcreate { Fid = Fid, Name = name, Flags = (uint)_random.Next(4096), Mode = 0x1FF }),
            1 => RawClient.Frame(tag, new Tlopen { Fid = Fid, Flags = (uint)_random.Next(4096) }),
            2 or 3 => RawClient.Frame(tag, new Tread { Fid = Fid, Offset = Offset, Count = (uint)_random.Next(100000) }),
            4 => RawClient.Frame(tag, new Twrite { Fid = Fid, Offset = (ulong)_random.Next(10000), Data = new byte[_random.Next(3000)] }),
            5 => RawClient.Frame(tag, new Tgetattr { Fid = Fid, RequestMask = 0x3FFF }),
            6 => RawClient.Frame(tag, new Tsetattr { Fid = Fid, Valid = (uint)_random.Next(512), Mode = (uint)_random.Next(4096), Uid = 1000, Gid = 1000, Length = (ulong)_random.Next(20000), AtimeNsec = (ulong)_random.Next() }),
            7 => RawClient.Frame(tag, new Tmkdir { Dfid = Fid, Name = name, Mode = 0x1FF, Gid = 0 }),
            8 => RawClient.Frame(tag, new Tsymlink { Dfid = Fid, Name = name, Target = other, Gid = 0 }),
            9 => RawClient.Frame(tag, new Tmknod { Dfid = Fid, Name = name, Mode = (uint)_random.Next(0x10000), Major = 1, Minor = 3 }),
            10 => RawClient.Frame(tag, new Tlink { Dfid = Fid, Fid = Fid, Name = name }),
            11 => RawClient.Frame(tag, new Trename { Fid = Fid, Newdirfid = Fid, Name = name }),
            12 => RawClient.Frame(tag, new Trenameat { Olddirfid = Fid, Oldname = name, Newdirfid = Fid, Newname = other }),
            13 => RawClient.Frame(tag, new Tunlinkat { Dirfid = Fid, Name = name, Flags = (uint)(_random.Next(2) * 0x200) }),
            14 => RawClient.Frame(tag, new Txattrwalk { Fid = Fid, Newfid = Fid, Name = name }),
            15 => RawClient.Frame(tag, new Txattrcreate { Fid = Fid, Name = name, AttrSize = (ulong)_random.Next(70000), Flags = (uint)_random.Next(4) }),
            16 => RawClient.Frame(tag, new Tlock { Fid = Fid, Kind = (byte)_random.Next(4), Flags = (uint)_random.Next(2), Start = Offset, Length = Offset, ProcId = Fid, ClientId = name }),
            17 => RawClient.Frame(tag, new Tgetlock { Fid = Fid, Kind = (byte)_random.Next(4), Start = Offset, Length = Offset, ProcId = Fid, ClientId = name }),
            18 => RawClient.Frame(tag, new Treaddir { Fid = Fid, Offset = Offset, Count = (uint)_random.Next(5000) }),
            19 => RawClient.Frame(tag, new Tflush { Oldtag = (ushort)_random.Next(2, 12) }),
            20 => RawClient.Frame(tag, new Tclunk { Fid = Fid }),
            21 => RawClient.Frame(tag, new Tremove { Fid = Fid }),
            22 => RawClient.Frame(tag, new Tfsync { Fid = Fid }),
            23 => RawClient.Frame(tag, new Treadlink { Fid = Fid }),
            24 => RawClient.Frame(tag, new Tstatfs { Fid = Fid }),
            _ => RawClient.Frame(tag, new Twalk { Fid = Fid, Newfid = Fid, Count = 1, Names = [.. BitConverter.GetBytes((ushort)name.Length), .. name] }),
        };
    }

    private void Damage(int index)
    {
        var frame = _frames[index];
        if (frame.Length < P9Limits.HeaderSize)
            return;
        switch (_random.Next(6))
        {
            case 0:
                frame[_random.Next(frame.Length)] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                frame[4] = (byte)_random.Next(256);
                break;
            case 2:
                BinaryPrimitives.WriteInt32LittleEndian(frame, _random.Next());
                break;
            case 3:
                _frames[index] = frame[.._random.Next(frame.Length)];
                break;
            case 4:
                _random.NextBytes(frame.AsSpan(Math.Min(7, frame.Length)));
                break;
            default:
                _frames.RemoveRange(index, _frames.Count - index);
                break;
        }
    }
}
