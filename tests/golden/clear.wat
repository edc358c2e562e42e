(module
  (type (;0;) (func (param i32 i32)))
  (import "" "" (memory (;0;) 0))
  (export "clear" (func 0))
  (func (;0;) (type 0) (param i32 i32)
    (local v128 i32)
    loop ;; label = @1
      local.get 0
      local.get 1
      i32.ne
      if ;; label = @2
        v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
        local.set 2
        local.get 0
        i32.const 4096
        i32.add
        local.set 3
        loop ;; label = @3
          local.get 2
          local.get 0
          v128.load
          local.get 0
          v128.load offset=16
          v128.or
          local.get 0
          v128.load offset=32
          local.get 0
          v128.load offset=48
          v128.or
          v128.or
          local.get 0
          v128.load offset=64
          local.get 0
          v128.load offset=80
          v128.or
          local.get 0
          v128.load offset=96
          local.get 0
          v128.load offset=112
          v128.or
          v128.or
          v128.or
          v128.or
          local.set 2
          local.get 0
          i32.const 128
          i32.add
          local.tee 0
          local.get 3
          i32.ne
          br_if 0 (;@3;)
        end
        local.get 2
        v128.any_true
        if ;; label = @3
          local.get 0
          i32.const 4096
          i32.sub
          i32.const 0
          i32.const 4096
          memory.fill
        end
        br 1 (;@1;)
      end
    end
  )
)
